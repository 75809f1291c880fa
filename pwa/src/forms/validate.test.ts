// What a field takes, what it makes canonical, and what it refuses with which code.
import { describe, expect, it } from 'vitest'
import type { FieldValue, FormField, FormValues } from './item'
import { normaliseForm, normaliseValue } from './normalise'
import { field, sampleItem, sampleItems } from './sample.fixture'
import { validateField, validateForm, type FieldCode } from './validate'

const TODAY = '2026-11-23'
const codeOf = (of: FormField, raw: FieldValue | undefined) => validateField(of, raw, TODAY)?.code ?? null

const table: readonly [string, FormField, FieldValue | undefined, FieldCode | null][] = [
  ['required and absent', field({ type: 'text' }), undefined, 'field-required'],
  ['required and blank', field({ type: 'text' }), ' \u3000\u200b', 'field-required'],
  ['optional and blank', field({ type: 'idcard', required: false }), '', null],
  ['a list where text belongs', field({ type: 'text' }), ['a'], 'field-type'],
  ['text where a list belongs', field({ type: 'multiselect', enum: ['a'] }), 'a', 'field-type'],
  ['text at its length in code points', field({ type: 'text', maxLength: 2 }), '𠮷田', null],
  ['text past its length', field({ type: 'text', maxLength: 2 }), '𠮷田一', 'field-too-long'],
  ['text against its pattern', field({ type: 'text', pattern: '^[a-z]+$' }), 'A', 'field-pattern'],
  ['a resident ID', field({ type: 'idcard' }), '11010519491231002x', null],
  ['a resident ID in full-width with spaces', field({ type: 'idcard' }), '１１０１０５ 19491231 002Ｘ', null],
  ['an old resident ID', field({ type: 'idcard' }), '440524188001010014', null],
  ['a short resident ID', field({ type: 'idcard' }), '1101051949123100', 'field-idcard-format'],
  ['a resident ID born in no month', field({ type: 'idcard' }), '110105194913310020', 'field-idcard-birth'],
  ['a resident ID born tomorrow', field({ type: 'idcard' }), '110105202611240020', 'field-idcard-birth'],
  ['a resident ID born in 1800', field({ type: 'idcard' }), '110105180011240020', 'field-idcard-birth'],
  ['a mistyped resident ID', field({ type: 'idcard' }), '110105194912310021', 'field-idcard-check'],
  ['a credit code in lower case', field({ type: 'uscc' }), '91350100m000100y43', null],
  ['a credit code with an O', field({ type: 'uscc' }), '91350100MO00100Y43', 'field-uscc-format'],
  ['a mistyped credit code', field({ type: 'uscc' }), '91350100M000100Y44', 'field-uscc-check'],
  ['a phone as people write it', field({ type: 'phone' }), '+86 138-0013 8000', null],
  ['a landline', field({ type: 'phone' }), '043263000000', 'field-phone-format'],
  ['a phone that no operator has', field({ type: 'phone' }), '12800138000', 'field-phone-format'],
  ['a date', field({ type: 'date' }), '2028-02-29', null],
  ['a Chinese date', field({ type: 'date' }), '2026年3月1日', null],
  ['a date without its year', field({ type: 'date' }), '3月1日', 'field-date-format'],
  ['29 February of a common year', field({ type: 'date' }), '2026-02-29', 'field-date-unreal'],
  ['a number', field({ type: 'number', min: 0, max: 1000, decimals: 2 }), '１,000.00', null],
  ['words for a number', field({ type: 'number' }), '十', 'field-number-format'],
  ['an exponent', field({ type: 'number' }), '1e3', 'field-number-format'],
  ['too small', field({ type: 'number', min: 1 }), '0', 'field-number-min'],
  ['too large', field({ type: 'number', max: 500 }), '501', 'field-number-max'],
  ['a fraction of whole things', field({ type: 'number' }), '1.5', 'field-number-decimals'],
  ['too fine', field({ type: 'number', decimals: 2 }), '1.555', 'field-number-decimals'],
  ['a number of 21 digits', field({ type: 'number' }), '1'.repeat(21), 'field-too-long'],
  ['an option', field({ type: 'select', enum: ['个人经营', '家庭经营'] }), '个人经营', null],
  ['no option', field({ type: 'select', enum: ['个人经营'] }), '合伙', 'field-option'],
  ['options', field({ type: 'multiselect', enum: ['a', 'b'] }), ['a', 'b'], null],
  ['one wrong option', field({ type: 'multiselect', enum: ['a', 'b'] }), ['a', 'c'], 'field-option'],
  ['no options', field({ type: 'multiselect', enum: ['a'] }), [], 'field-unchosen'],
  ['no option', field({ type: 'select', enum: ['a'] }), '', 'field-unchosen'],
  ['a registration number', field({ type: 'regno' }), '吉(2026)备-0001号', null],
  ['a registration number with a line of script', field({ type: 'regno' }), '<b>1</b>', 'field-regno-format'],
  ['an address', field({ type: 'address' }), '九站街1号', null],
  ['an address without a word', field({ type: 'address' }), '123-4', 'field-address-format'],
]

describe('validateField', () => {
  it.each(table)('%s', (_, of, raw, code) => {
    expect(codeOf(of, raw)).toBe(code)
  })
  it('gives the message its words', () => {
    expect(validateField(field({ type: 'text', maxLength: 1 }), 'ab', TODAY)?.params).toEqual({ label: '名称', max: 1 })
  })
})

describe('normaliseValue', () => {
  it.each([
    ['text', '  吉林\n经开区 ', '吉林 经开区'],
    ['textarea', ' 一\r\n二 ', '一\n二'],
    ['idcard', '11010519491231002ｘ', '11010519491231002X'],
    ['phone', '0086 13800138000', '13800138000'],
    ['date', '2026/3/1', '2026-03-01'],
    ['date', '20260301', '2026-03-01'],
    ['number', '+００７.50', '7.50'],
    ['number', '1,234,567', '1234567'],
    ['number', '1,23', '1,23'],
    ['number', '.5', '0.5'],
  ] as const)('%s %s', (type, raw, expected) => {
    expect(normaliseValue(field({ type }), raw)).toBe(expected)
  })
  it('changes nothing the second time', () => {
    for (const [, of, raw] of table) {
      if (raw === undefined) continue
      const once = normaliseValue(of, raw)
      expect(normaliseValue(of, once)).toEqual(once)
    }
  })
  it('keeps answers of questions that the form no longer asks', () => {
    const kept = normaliseForm(sampleItem('SBJ-010').formFields, { applicantPhone: ' 13800138000 ', gone: ' x ' })
    expect(kept).toEqual({ applicantPhone: '13800138000', gone: ' x ' })
  })
})

const GOOD: Record<FormField['type'], (of: FormField) => FieldValue> = {
  text: () => '样例',
  textarea: () => '样例',
  address: () => '吉林经开区样例大街68号',
  regno: () => 'JY12202710000001',
  idcard: () => '11010519491231002X',
  uscc: () => '91350100M000100Y43',
  phone: () => '13800138000',
  date: () => '2026-11-23',
  number: (of) => String(of.min ?? 1),
  select: (of) => of.enum?.[0] ?? '',
  multiselect: (of) => of.enum ?? [],
}

describe('validateForm, on each of the 80 items', () => {
  it.each(sampleItems.map((item) => [item.name, item] as const))('%s', (_, item) => {
    const values: FormValues = Object.fromEntries(item.formFields.map((of) => [of.key, GOOD[of.type](of)]))
    expect(validateForm(item, values, TODAY)).toEqual([])
    const required = item.formFields.filter((of) => of.required).map((of) => of.key)
    expect(validateForm(item, {}, TODAY).map((found) => found.key)).toEqual(required)
    expect(normaliseForm(item.formFields, values)).toEqual(values)
  })
})
