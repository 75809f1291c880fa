// Who asks: finds the applicant's name, number and phone among the answers of any item's form.
import type { FormField, FormValues, ItemRecord } from './item'

export type IdType = 'idcard' | 'uscc'

/** Keys of the form's fields that say who the applicant is; `phone` may be absent from a form. */
export interface SummaryKeys {
  readonly name: string
  readonly idNo: string
  readonly idType: IdType
  readonly phone: string | null
}

/** The applicant as the protocol carries it. */
export interface ApplicantSummary {
  readonly name: string
  readonly idType: IdType
  readonly idNo: string
  readonly phone: string
}

/** An organisation is named before its people; the person who asks before the people who are only spoken of. */
const NAME_AND_ID = [
  ['orgName', 'orgUscc'],
  ['applicantName', 'applicantIdNo'],
  ['operatorName', 'operatorIdNo'],
] as const
const PHONES = ['applicantPhone', 'contactPhone'] as const

/** Which fields name the applicant, or null where the form has no known pair of name and number. */
export function summaryKeys(item: Pick<ItemRecord, 'formFields'>): SummaryKeys | null {
  const fieldByKey = new Map(item.formFields.map((field) => [field.key, field]))
  for (const [name, idNo] of NAME_AND_ID) {
    const idType = idTypeOf(fieldByKey.get(idNo))
    if (idType === null || !fieldByKey.has(name)) continue
    return { name, idNo, idType, phone: PHONES.find((key) => fieldByKey.get(key)?.type === 'phone') ?? null }
  }
  return null
}

/** The applicant of a (normalised) form; what is not answered yet is an empty text. */
export function applicantOf(item: Pick<ItemRecord, 'formFields'>, values: FormValues): ApplicantSummary | null {
  const keys = summaryKeys(item)
  if (keys === null) return null
  return {
    name: text(values, keys.name),
    idType: keys.idType,
    idNo: text(values, keys.idNo),
    phone: keys.phone === null ? '' : text(values, keys.phone),
  }
}

function idTypeOf(field: FormField | undefined): IdType | null {
  return field?.type === 'idcard' || field?.type === 'uscc' ? field.type : null
}

function text(values: FormValues, key: string): string {
  const value = values[key]
  return typeof value === 'string' ? value : ''
}
