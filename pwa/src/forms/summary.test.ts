// Every item of the sample zone says who asks.
import { expect, it } from 'vitest'
import { field, sampleItem, sampleItems } from './sample.fixture'
import { applicantOf, summaryKeys } from './summary'

it('finds a name, a number and a phone in each of the 80 forms', () => {
  const without = sampleItems.filter((item) => {
    const keys = summaryKeys(item)
    return keys === null || keys.phone === null
  })
  expect(sampleItems).toHaveLength(80)
  expect(without.map((item) => item.id)).toEqual([])
})

it('takes required fields only, and fields of the right type', () => {
  for (const item of sampleItems) {
    const keys = summaryKeys(item)
    const byKey = new Map(item.formFields.map((one) => [one.key, one]))
    expect(byKey.get(keys?.name ?? '')?.required, item.id).toBe(true)
    expect(byKey.get(keys?.idNo ?? ''), item.id).toMatchObject({ required: true, type: keys?.idType })
    expect(byKey.get(keys?.phone ?? ''), item.id).toMatchObject({ required: true, type: 'phone' })
  }
})

it('names the person who asks, not the child, the spouse or the dead', () => {
  for (const id of ['STREET-009', 'STREET-007', 'SBJ-008']) {
    expect(summaryKeys(sampleItem(id))).toMatchObject({ name: 'applicantName', idNo: 'applicantIdNo' })
  }
})

it('names a founder by resident ID and an organisation by credit code', () => {
  expect(summaryKeys(sampleItem('SCJG-001'))).toEqual({
    name: 'operatorName',
    idNo: 'operatorIdNo',
    idType: 'idcard',
    phone: 'contactPhone',
  })
  const values = { orgName: '样例公司', orgUscc: '91350100M000100Y43', contactPhone: '13800138000', legalRepName: '甲' }
  expect(applicantOf(sampleItem('SCJG-002'), values)).toEqual({
    name: '样例公司',
    idType: 'uscc',
    idNo: '91350100M000100Y43',
    phone: '13800138000',
  })
})

it('leaves unanswered questions empty and unknown forms unnamed', () => {
  expect(applicantOf(sampleItem('SBJ-010'), {})).toEqual({ name: '', idType: 'idcard', idNo: '', phone: '' })
  expect(applicantOf({ formFields: [field({ type: 'text' })] }, {})).toBeNull()
})
