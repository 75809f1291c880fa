// What a new draft starts as. Pure, but for the randomness of its id.
import type { ItemRecord } from '../../../forms/item'
import type { Draft, FieldValue, MaterialLine } from '../../../worker/api'

/** A new draft's id, which becomes its case's stream: a UUIDv7 (RFC 9562) in 32 hex digits. */
export function newDraftId(nowMs: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  for (let i = 0; i < 6; i += 1) bytes[i] = Math.floor(nowMs / 256 ** (5 - i)) % 256
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

export function emptyDraft(id: string, item: ItemRecord, window: string): Draft {
  const materials = item.materials.map(({ id: materialId }): MaterialLine => ({ id: materialId, status: 'missing', photos: [], note: '' }))
  return { id, itemId: item.id, window, fields: {}, materials, updatedMs: 0 }
}

/** The draft's answers that another item's form asks for as well. */
export function sharedAnswers(fields: Record<string, FieldValue>, item: Pick<ItemRecord, 'formFields'>): Record<string, FieldValue> {
  return Object.fromEntries(item.formFields.flatMap(({ key }) => {
    const value = fields[key]
    return value === undefined ? [] : [[key, value]]
  }))
}
