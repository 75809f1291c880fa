// One draft on the screen: its words, its materials, and their way to durable storage.
import { computed, onScopeDispose, shallowRef } from 'vue'
import type { ItemRecord } from '../../../forms/item'
import type { Draft, FieldValue, MaterialLine, Result } from '../../../worker/api'
import { createAutosave } from './autosave'
import { account, api, itemOf, useChanges } from './engine'
import { emptyDraft } from './newDraft'

export const SAVE_DELAY_MS = 250

/** The checklist in the item's order: a line for each material that the item asks for now, kept marks first. */
function linesOf(item: ItemRecord, draft: Draft): MaterialLine[] {
  const lineById = new Map(draft.materials.map((line) => [line.id, line]))
  return emptyDraft(draft.id, item, draft.window).materials.map((line) => lineById.get(line.id) ?? line)
}

export function useDraft(first: Draft) {
  const draft = shallowRef(first)
  const author = account.value?.id
  // Another clerk may be here by the time that the form goes: its words are not theirs.
  const save = (): Promise<Result<null>> => (account.value?.id === author ? api.saveDraft(draft.value) : Promise.resolve({ ok: false, code: 'locked' }))
  const autosave = createAutosave(save, SAVE_DELAY_MS, Date.now)

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

  // Open in another tab as well: what is kept there is shown here, so that neither writes over the other unseen.
  async function follow(): Promise<void> {
    const kept = await api.draft(first.id)
    const settled = autosave.state.value.kind === 'untouched' || autosave.state.value.kind === 'saved'
    if (kept.ok && settled) draft.value = kept.value
  }
  useChanges((change) => { if (change.kind === 'drafts') void follow() })

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
    void autosave.end()
  })
  return { draft, item, lines, change, setField, setMaterial, save: autosave.flush, state: autosave.state }
}
