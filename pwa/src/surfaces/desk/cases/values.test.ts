// An edit carries only what was changed.
import { expect, test } from 'vitest'
import type { MaterialLine } from '../../../worker/api'
import { changedFields, changedMaterials, fieldRows, fieldValues, materialLines } from './values'

const holder = (value: unknown) => [{ value, author: '甲', ms: 1 }]
const line = (id: string, status: MaterialLine['status']): MaterialLine => ({ id, status, photos: [], note: '' })

test('only changed fields', () => {
  const before = { name: '张建国', items: ['名称'], phone: '138' }
  expect(changedFields(before, { ...before, phone: '139' })).toEqual({ phone: '139' })
  expect(changedFields(before, { ...before, items: ['名称'], note: '' })).toEqual({})
})

test('only changed materials', () => {
  const before = [line('a', 'missing'), line('b', 'provided')]
  expect(changedMaterials(before, [line('a', 'provided'), line('b', 'provided')])).toEqual([line('a', 'provided')])
})

test('a material without a mark is missing', () => {
  const item = { materials: [{ id: 'a' }, { id: 'b' }] }
  expect(materialLines({ materials: { a: holder(line('a', 'exempt')) } }, item)).toEqual([line('a', 'exempt'), line('b', 'missing')])
})

test('fields that the form no longer asks for are still shown, after its own', () => {
  const fields = { old: holder('x'), name: holder('张建国') }
  const item = { formFields: [{ key: 'name', label: '姓名', type: 'text' as const, required: true }] }
  expect(fieldRows({ fields }, item).map((row) => row.label)).toEqual(['姓名', 'old'])
  expect(fieldValues({ fields })).toEqual({ old: 'x', name: '张建国' })
})
