// One draft on the screen: its words, its materials, and their way to durable storage.
import { computed, onScopeDispose, shallowRef } from 'vue'
import type { ItemRecord } from '../../../forms/item'
import type { Draft, FieldValue, MaterialLine } from '../../../worker/api'
import { createAutosave } from './autosave'
import { api, itemOf } from './engine'

export const SAVE_DELAY_MS = 250

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
export function sharedAnswers(fields: Record<string, FieldValue>, item: ItemRecord): Record<string, FieldValue> {
  return Object.fromEntries(item.formFields.flatMap(({ key }) => {
    const value = fields[key]
    return value === undefined ? [] : [[key, value]]
  }))
}

/** The checklist in the item's order: a line for each material that the item asks for now, kept marks first. */
function linesOf(item: ItemRecord, draft: Draft): MaterialLine[] {
  const lineById = new Map(draft.materials.map((line) => [line.id, line]))
  return emptyDraft(draft.id, item, draft.window).materials.map((line) => lineById.get(line.id) ?? line)
}

export function useDraft(first: Draft) {
  const draft = shallowRef(first)
  const autosave = createAutosave(() => api.saveDraft(draft.value), SAVE_DELAY_MS, Date.now)

  function change(part: Partial<Draft>): void {
    draft.value = { ...draft.value, ...part, updatedMs: Date.now() }
    autosave.touch()
  }
  function setField(key: string, value: FieldValue): void {
    change({ fields: { ...draft.value.fields, [key]: value } })
  }
  function setMaterial(id: string, part: Partial<MaterialLine>): void {
    change({ materials: lines.value.map((line) => (line.id === id ? { ...line, ...part } : line)) })
  }
  const item = computed(() => itemOf(draft.value.itemId))
  const lines = computed(() => (item.value === undefined ? draft.value.materials : linesOf(item.value, draft.value)))

  // The page may go away without another word: what is unsaved goes to the engine at once.
  const onHide = (): void => { void autosave.flush() }
  const onUnload = (event: BeforeUnloadEvent): void => {
    if (autosave.state.value.kind === 'failed' || autosave.state.value.kind === 'unsaved') event.preventDefault()
    void autosave.flush()
  }
  window.addEventListener('pagehide', onHide)
  document.addEventListener('visibilitychange', onHide)
  window.addEventListener('beforeunload', onUnload)
  onScopeDispose(() => {
    window.removeEventListener('pagehide', onHide)
    document.removeEventListener('visibilitychange', onHide)
    window.removeEventListener('beforeunload', onUnload)
    void autosave.flush()
  })
  return { draft, item, lines, change, setField, setMaterial, save: autosave.flush, state: autosave.state }
}
