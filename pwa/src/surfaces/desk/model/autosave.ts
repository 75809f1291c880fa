// Keeps what is typed: saves shortly after each change, at once when asked, one save at a time, and says how it went.
import { shallowRef, type ShallowRef } from 'vue'
import type { Result } from '../../../worker/api'

/** Tagged by what a person may rely on; `failed` keeps the newest words on the screen, and they are saved as soon as that goes again. */
export type SaveState =
  | { kind: 'untouched' }
  | { kind: 'unsaved' }
  | { kind: 'saved'; atMs: number }
  | { kind: 'failed'; code: string }

/** What may go again by itself, and how soon it is tried: a cut connection to the storage, room that somebody made. */
const PASSING = new Set(['storage-failed', 'storage-full'])
const RETRY_MS = 3_000

export interface Autosave {
  readonly state: Readonly<ShallowRef<SaveState>>
  /** Something changed. */
  touch(): void
  /** Saves what is not saved yet; true when everything is durable. */
  flush(): Promise<boolean>
  /** Saves what is not saved yet, and tries no further: nobody looks any more. */
  end(): Promise<boolean>
}

/** `save` writes the present words durably; `delayMs` is the longest that a change waits while typing goes on. */
export function createAutosave(save: () => Promise<Result<null>>, delayMs: number, now: () => number): Autosave {
  const state = shallowRef<SaveState>({ kind: 'untouched' })
  let version = 0
  let savedVersion = 0
  let timer: ReturnType<typeof setTimeout> | null = null
  let running: Promise<void> | null = null
  let ended = false

  function flushIn(ms: number): void {
    timer ??= setTimeout(() => {
      timer = null
      void flush()
    }, ms)
  }

  async function run(): Promise<void> {
    const target = version
    const result = await save().catch((): Result<null> => ({ ok: false, code: 'storage-failed' }))
    if (!result.ok) {
      state.value = { kind: 'failed', code: result.code }
      if (PASSING.has(result.code) && !ended) flushIn(RETRY_MS)
      return
    }
    savedVersion = target
    state.value = savedVersion === version ? { kind: 'saved', atMs: now() } : { kind: 'unsaved' }
  }

  async function flush(): Promise<boolean> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    while (running !== null) await running
    if (savedVersion === version) return true
    running = run().finally(() => { running = null })
    await running
    // A change during the save is saved as well, unless saving fails.
    return state.value.kind === 'failed' ? false : flush()
  }

  return {
    state,
    touch() {
      version += 1
      if (state.value.kind !== 'failed') state.value = { kind: 'unsaved' }
      flushIn(delayMs)
    },
    flush,
    end() {
      ended = true
      return flush()
    },
  }
}
