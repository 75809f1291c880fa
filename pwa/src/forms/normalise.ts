// Makes what a person typed canonical before it is judged and sent: the same fact is always the same bytes.
import { halfWidth } from '../sync/number'
import type { FieldType, FieldValue, FormField, FormValues } from './item'

const INVISIBLE = /[\u200b-\u200d\u2060\ufeff]/g
const LINE_BREAKS_AND_TABS = /[\r\n\t\v\f]+/g
const ANY_SPACE = /\s+/g

/** A field's value made canonical; normalising twice changes nothing. An option list keeps its order, once each. */
export function normaliseValue(field: FormField, raw: FieldValue): FieldValue {
  if (typeof raw !== 'string') return [...new Set(raw.map((option) => option.trim()))].filter((option) => option !== '')
  return NORMALISERS[field.type](raw.replace(INVISIBLE, ''))
}

/** Every known field's value made canonical; values of unknown keys stay as they are. */
export function normaliseForm(fields: readonly FormField[], values: FormValues): FormValues {
  const out: Record<string, FieldValue> = { ...values }
  for (const field of fields) {
    const raw = values[field.key]
    if (raw !== undefined) out[field.key] = normaliseValue(field, raw)
  }
  return out
}

const NORMALISERS: Record<FieldType, (raw: string) => string> = {
  text: oneLine,
  address: oneLine,
  textarea: (raw) => raw.replace(/\r\n?/g, '\n').trim(),
  regno: (raw) => narrow(oneLine(raw)),
  idcard: (raw) => narrow(raw).replace(ANY_SPACE, '').toUpperCase(),
  uscc: (raw) => narrow(raw).replace(ANY_SPACE, '').toUpperCase(),
  phone: normalisePhone,
  date: normaliseDate,
  number: normaliseNumber,
  select: (raw) => raw.trim(),
  multiselect: (raw) => raw.trim(),
}

function oneLine(raw: string): string {
  return raw.replace(LINE_BREAKS_AND_TABS, ' ').trim()
}

function narrow(raw: string): string {
  return [...raw].map(halfWidth).join('')
}

/** `+86 138-0000 0000` and its like as 11 digits. */
function normalisePhone(raw: string): string {
  const plain = narrow(raw).replace(/[\s\-\u2010-\u2015()]+/g, '')
  return plain.replace(/^(?:\+|00)86(?=1[0-9]{10}$)/, '')
}

/** `2026年3月1日`, `2026/3/1`, `2026.3.1` and `20260301` as `2026-03-01`; anything else stays as it is. */
function normaliseDate(raw: string): string {
  const plain = narrow(raw).replace(ANY_SPACE, '')
  const [, year, month, day] =
    /^([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?$/.exec(plain) ?? /^([0-9]{4})([0-9]{2})([0-9]{2})$/.exec(plain) ?? []
  if (year === undefined || month === undefined || day === undefined) return plain
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
}

/** Decimal text without thousands commas, plus sign or leading zeros; trailing zeros stay, they were meant. */
function normaliseNumber(raw: string): string {
  const plain = narrow(raw).replace(ANY_SPACE, '').replace('。', '.')
  const ungrouped = /^[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?$/.test(plain) ? plain.replaceAll(',', '') : plain
  return ungrouped.replace(/^\+/, '').replace(/^(-?)0+(?=[0-9])/, '$1').replace(/^(-?)\./, '$10.').replace(/\.$/, '')
}
