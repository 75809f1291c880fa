// The checklist says complete only when it is, and a correction notice leaves nothing out.
import { describe, expect, it } from 'vitest'
import { checklist, initialMarks, oneTimeCorrection, type MaterialMark } from './materials'
import { material, sampleItem, sampleItems } from './sample.fixture'

const materials = [
  material({ id: 'required' }),
  material({ id: 'shared', exemptByResource: 'RES-01' }),
  material({ id: 'later', required: false, deferrable: true }),
  material({ id: 'optional', required: false }),
]
const mark = (id: string, status: MaterialMark['status'], photos = 0): MaterialMark => ({ id, status, photos })
const problems = (marks: readonly MaterialMark[]) => checklist(materials, marks).lines.map((line) => line.problem)

describe('checklist', () => {
  it('asks for what is required and for nothing else', () => {
    const fresh = checklist(materials, initialMarks(materials))
    expect(fresh.lines.map((line) => line.problem)).toEqual(['material-missing', 'material-missing', null, null])
    expect([fresh.complete, fresh.deferrable, fresh.provided]).toEqual([false, false, 0])
  })
  it('is complete with materials on paper, photographed, or exempt by data', () => {
    const done = checklist(materials, [mark('required', 'provided', 2), mark('shared', 'exempt')])
    expect([done.complete, done.photographed, done.provided]).toEqual([true, 1, 1])
    expect(done.exemptIds).toEqual(['shared'])
  })
  it('is open to acceptance with deferral when only deferrable materials are deferred', () => {
    const marks = [mark('required', 'provided'), mark('shared', 'provided'), mark('later', 'deferred')]
    const open = checklist(materials, marks)
    expect([open.complete, open.deferrable, open.deferredIds]).toEqual([false, true, ['later']])
  })
  it('refuses a deferral or an exemption that the catalogue does not give', () => {
    expect(problems([mark('required', 'deferred'), mark('shared', 'provided')])[0]).toBe('material-not-deferrable')
    expect(problems([mark('required', 'exempt'), mark('shared', 'provided')])[0]).toBe('material-not-exempt')
  })
  it('does not take a defective material, required or not', () => {
    const bad = { ...mark('optional', 'provided'), defect: '无签字' }
    expect(problems([mark('required', 'provided'), mark('shared', 'provided'), bad])[3]).toBe('material-defective')
  })
  it('ignores marks of materials that the item does not have', () => {
    expect(checklist([], [mark('gone', 'missing')])).toMatchObject({ complete: true, lines: [] })
  })
  it('of each of the 80 items is complete exactly when everything required is there', () => {
    for (const item of sampleItems) {
      const all = item.materials.filter((one) => one.required).map((one) => mark(one.id, 'provided'))
      expect(checklist(item.materials, all).complete).toBe(true)
      for (const { id } of all) {
        expect(checklist(item.materials, all.filter((one) => one.id !== id)).complete, item.id).toBe(false)
      }
    }
  })
})

describe('oneTimeCorrection', () => {
  it('names every open material and every wrong field at once, in their orders', () => {
    const item = sampleItem('SCJG-001')
    const [, second, third] = item.materials
    const marks = [mark(second?.id ?? '', 'provided'), { ...mark(third?.id ?? '', 'provided'), defect: '地址不清' }]
    const wrong = [{ key: 'operatorIdNo', code: 'field-idcard-check', params: { label: '身份证号' } }] as const
    expect(oneTimeCorrection(item.materials, marks, wrong, (found) => found.code)).toEqual([
      { kind: 'material', id: 'SCJG-001-M01', note: '' },
      { kind: 'material', id: 'SCJG-001-M03', note: '地址不清' },
      { kind: 'field', id: 'operatorIdNo', note: 'field-idcard-check' },
    ])
  })
})
