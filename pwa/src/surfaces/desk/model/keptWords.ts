// What is written into the sheet of an act, kept as durably as a form: it is there after a lock, a reload, a flat battery.
import { onScopeDispose, ref, watch } from 'vue'
import type { ActInput } from '../../../worker/api'
import { createAutosave } from './autosave'
import { SAVE_DELAY_MS } from './draft'
import { api } from './engine'

/** `words` says what is on the screen, `take` puts back what was kept; nothing is kept before `ready`. */
export function useKeptWords(caseId: string, type: string, words: () => ActInput, take: (kept: ActInput) => void) {
  const ready = ref(false)
  let ended = false
  const autosave = createAutosave(() => api.keepWords(caseId, type, words()), SAVE_DELAY_MS, Date.now)
  const flush = (): void => { if (!ended) void autosave.flush() }

  async function open(): Promise<void> {
    const kept = await api.wordsOf(caseId, type)
    if (kept !== null) take(kept)
    ready.value = true
    // Only what a person changes from here on is worth keeping.
    watch(words, () => { if (!ended) autosave.touch() }, { deep: true })
  }
  void open()

  /** The words have become an event, or are not wanted any more. */
  async function drop(): Promise<void> {
    await autosave.end()
    ended = true
    await api.dropWords(caseId, type)
  }
  window.addEventListener('pagehide', flush)
  document.addEventListener('visibilitychange', flush)
  onScopeDispose(() => {
    window.removeEventListener('pagehide', flush)
    document.removeEventListener('visibilitychange', flush)
    if (!ended) void autosave.end()
  })
  return { ready, drop, state: autosave.state }
}
