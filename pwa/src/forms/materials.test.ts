// Nothing open is called in order, and nothing is asked for that the catalogue does not ask for.
import { expect, it } from 'vitest'
import { openMaterials, type MaterialMark } from './materials'
import { material, sampleItems } from './sample.fixture'

const materials = [
  material({ id: 'required' }),
  material({ id: 'shared', exemptByResource: 'RES-01' }),
  material({ id: 'later', required: false, deferrable: true }),
  material({ id: 'optional', required: false }),
]
const mark = (id: string, status: MaterialMark['status']): MaterialMark => ({ id, status })
const open = (...marks: MaterialMark[]): string[] => openMaterials(materials, marks).map(({ id }) => id)

it('asks for what is required and for nothing else', () => {
  expect(open()).toEqual(['required', 'shared'])
  expect(open(...materials.map(({ id }) => mark(id, 'missing')))).toEqual(['required', 'shared'])
})

it('is content with what is there, exempt by data, or may follow later', () => {
  expect(open(mark('required', 'provided'), mark('shared', 'exempt'), mark('later', 'deferred'))).toEqual([])
})

it('takes no deferral and no exemption that the catalogue does not give', () => {
  expect(open(mark('required', 'deferred'), mark('shared', 'provided'))).toEqual(['required'])
  expect(open(mark('required', 'exempt'), mark('shared', 'provided'))).toEqual(['required'])
})

it('ignores marks of materials that the item does not have', () => {
  expect(openMaterials([], [mark('gone', 'missing')])).toEqual([])
})

it('of each of the 80 items is content exactly when everything required is there', () => {
  for (const item of sampleItems) {
    const all = item.materials.filter((one) => one.required).map(({ id }) => mark(id, 'provided'))
    expect(openMaterials(item.materials, all)).toEqual([])
    for (const { id } of all) {
      expect(openMaterials(item.materials, all.filter((one) => one.id !== id)).map((one) => one.id)).toEqual([id])
    }
  }
})
