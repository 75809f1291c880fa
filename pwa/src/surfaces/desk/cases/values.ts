// What stands in a case's fields and materials, in words for the screen. Pure.
import type { ItemRecord } from '../../../forms/item'
import type { CaseView, FieldValue, Holder, MaterialLine } from '../../../worker/api'

export function fieldText(value: unknown): string {
  return Array.isArray(value) ? value.join('、') : typeof value === 'string' ? value : ''
}
export function isMaterial(value: unknown): value is MaterialLine {
  return typeof value === 'object' && value !== null && 'status' in value && 'photos' in value
}

export interface FieldRow {
  readonly key: string
  readonly label: string
  readonly holders: readonly Holder[]
}

/** Every field of the form in its order, then whatever the case holds that the form no longer asks for. */
export function fieldRows(view: Pick<CaseView, 'fields'>, item: Pick<ItemRecord, 'formFields'> | undefined): FieldRow[] {
  const fields = item?.formFields ?? []
  const known = new Set(fields.map((field) => field.key))
  return [
    ...fields.map((field) => ({ key: field.key, label: field.label, holders: view.fields[field.key] ?? [] })),
    ...Object.keys(view.fields).filter((key) => !known.has(key)).map((key) => ({ key, label: key, holders: view.fields[key] ?? [] })),
  ]
}

/** One value for each field: the first holder's, as the form starts from. */
export function fieldValues(view: Pick<CaseView, 'fields'>): Record<string, FieldValue> {
  return Object.fromEntries(Object.entries(view.fields).map(([key, holders]) => {
    const value = holders[0]?.value
    return [key, Array.isArray(value) ? value.map(String) : fieldText(value)]
  }))
}

export function materialLines(view: Pick<CaseView, 'materials'>, item: { readonly materials: readonly { readonly id: string }[] }): MaterialLine[] {
  return item.materials.map(({ id }) => {
    const value = view.materials[id]?.[0]?.value
    return isMaterial(value) ? value : { id, status: 'missing', photos: [], note: '' }
  })
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Only what was changed goes into an edit, so that it clashes with nobody else's. */
export function changedFields(before: Record<string, FieldValue>, after: Record<string, FieldValue>): Record<string, FieldValue> {
  return Object.fromEntries(Object.entries(after).filter(([key, value]) => !same(before[key] ?? '', value)))
}
export function changedMaterials(before: readonly MaterialLine[], after: readonly MaterialLine[]): MaterialLine[] {
  return after.filter((line) => !same(before.find((one) => one.id === line.id), line))
}
