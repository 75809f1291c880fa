// Judges a form against its field definitions. Pure: the day is an argument; codes are keys of the i18n catalogue.
import { isCreditCode, isRealDate, residentIdCheck } from '../sync/number'
import type { FieldType, FieldValue, FormField, FormValues, ItemRecord } from './item'
import { normaliseValue } from './normalise'

export const FIELD_CODES = [
  'field-required',
  'field-unchosen',
  'field-type',
  'field-too-long',
  'field-idcard-format',
  'field-idcard-birth',
  'field-idcard-check',
  'field-uscc-format',
  'field-uscc-check',
  'field-phone-format',
  'field-date-format',
  'field-date-unreal',
  'field-number-format',
  'field-number-min',
  'field-number-max',
  'field-number-decimals',
  'field-regno-format',
  'field-address-format',
  'field-option',
  'field-pattern',
] as const
export type FieldCode = (typeof FIELD_CODES)[number]

/** What is wrong with one field; `code` is stable and is the message's key, `params` are the message's words. */
export interface Problem {
  readonly code: FieldCode
  readonly params: Readonly<Record<string, string | number>>
}
export interface FieldProblem extends Problem {
  readonly key: string
}

const NUMBER_CHARS_MAX = 20
const AGE_YEARS_MAX = 150

/**
 * The first problem of one field, or null. The value is normalised first.
 *
 * @param today the local day as `YYYY-MM-DD`: nobody is born after it.
 */
export function validateField(field: FormField, raw: FieldValue | undefined, today: string): Problem | null {
  const value = raw === undefined ? '' : normaliseValue(field, raw)
  if (value.length === 0) return field.required ? problem(field, field.enum === undefined ? 'field-required' : 'field-unchosen') : null
  if (typeof value !== 'string') {
    if (field.type !== 'multiselect') return problem(field, 'field-type')
    return value.every((option) => field.enum?.includes(option)) ? null : problem(field, 'field-option')
  }
  if (field.type === 'multiselect') return problem(field, 'field-type')
  return judgeText(field, value, today)
}

/** Every problem of a form, in the order of its fields. Values of keys that the form does not have are not judged. */
export function validateForm(item: Pick<ItemRecord, 'formFields'>, values: FormValues, today: string): readonly FieldProblem[] {
  return item.formFields.flatMap((field) => {
    const found = validateField(field, values[field.key], today)
    return found === null ? [] : [{ key: field.key, ...found }]
  })
}

function judgeText(field: FormField, value: string, today: string): Problem | null {
  const max = field.maxLength ?? (field.type === 'number' ? NUMBER_CHARS_MAX : Infinity)
  const particular = JUDGES[field.type](field, value, today)
  if (particular !== null) return particular
  if ([...value].length > max) return problem(field, 'field-too-long', { max })
  if (field.pattern !== undefined && !new RegExp(field.pattern, 'u').test(value)) return problem(field, 'field-pattern')
  return null
}

type Judge = (field: FormField, value: string, today: string) => Problem | null
const pass: Judge = () => null

const JUDGES: Record<FieldType, Judge> = {
  text: pass,
  textarea: pass,
  multiselect: pass,
  select: (field, value) => (field.enum?.includes(value) === true ? null : problem(field, 'field-option')),
  phone: (field, value) => (/^1[3-9][0-9]{9}$/.test(value) ? null : problem(field, 'field-phone-format')),
  address: (field, value) => (/\p{L}/u.test(value) ? null : problem(field, 'field-address-format')),
  regno: (field, value) => (/^[\p{L}0-9〔〕()[\]\-_/.#号 ]+$/u.test(value) ? null : problem(field, 'field-regno-format')),
  idcard: judgeResidentId,
  uscc: judgeCreditCode,
  date: judgeDate,
  number: judgeNumber,
}

function judgeResidentId(field: FormField, value: string, today: string): Problem | null {
  if (!/^[0-9]{17}[0-9X]$/.test(value)) return problem(field, 'field-idcard-format')
  const birth = value.slice(6, 14)
  const now = today.replaceAll('-', '')
  const tooOld = Number(now.slice(0, 4)) - Number(birth.slice(0, 4)) > AGE_YEARS_MAX
  if (!isRealDate(birth) || birth > now || tooOld) return problem(field, 'field-idcard-birth', { birth })
  return residentIdCheck(value.slice(0, 17)) === value[17] ? null : problem(field, 'field-idcard-check')
}

function judgeCreditCode(field: FormField, value: string): Problem | null {
  const shape = /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/
  if (!shape.test(value)) return problem(field, 'field-uscc-format')
  return isCreditCode(value) ? null : problem(field, 'field-uscc-check')
}

function judgeDate(field: FormField, value: string): Problem | null {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value)) return problem(field, 'field-date-format')
  return isRealDate(value.replaceAll('-', '')) ? null : problem(field, 'field-date-unreal')
}

function judgeNumber(field: FormField, value: string): Problem | null {
  const match = /^-?[0-9]+(?:\.([0-9]+))?$/.exec(value)
  if (match === null) return problem(field, 'field-number-format')
  const decimals = field.decimals ?? 0
  if ((match[1] ?? '').length > decimals) return problem(field, 'field-number-decimals', { decimals })
  if (field.min !== undefined && Number(value) < field.min) return problem(field, 'field-number-min', { min: field.min })
  if (field.max !== undefined && Number(value) > field.max) return problem(field, 'field-number-max', { max: field.max })
  return null
}

function problem(field: FormField, code: FieldCode, params: Problem['params'] = {}): Problem {
  return { code, params: { label: field.label, ...params } }
}
