/**
 * Keeps a reading live: asks every few seconds while the page is seen, and says honestly how old it is.
 *
 * A failure keeps the last reading and shows beside it; nothing is ever shown as newer than it is.
 */
import { computed, onScopeDispose, ref, shallowRef, type Ref } from 'vue'
import type { Answer, Failure } from '../../ui/rest'
import { end } from './session'

export const POLL_INTERVAL_MS = 5_000

export interface Live<T> {
  readonly value: Readonly<Ref<T | null>>
  /** When `value` was received, by this machine's clock; 0: never. */
  readonly receivedMs: Readonly<Ref<number>>
  /** Why the last try failed; null after a good one. */
  readonly failure: Readonly<Ref<Failure | null>>
  readonly asking: Readonly<Ref<boolean>>
  /** The value is there, but the last try failed. */
  readonly stale: Readonly<Ref<boolean>>
  readonly refresh: () => Promise<void>
}

export function useLive<T>(read: () => Promise<Answer<T>>): Live<T> {
  const value = shallowRef<T | null>(null)
  const receivedMs = ref(0)
  const failure = shallowRef<Failure | null>(null)
  const asking = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let over = false

  async function refresh(): Promise<void> {
    if (asking.value || over) return
    clearTimeout(timer)
    asking.value = true
    const answer = await read()
    asking.value = false
    if (over) return
    take(answer)
    if (!document.hidden) timer = setTimeout(() => void refresh(), POLL_INTERVAL_MS)
  }

  function take(answer: Answer<T>): void {
    if (answer.ok) {
      value.value = answer.value
      receivedMs.value = Date.now()
      failure.value = null
    } else if (answer.code === 'session-expired') end(true)
    else {
      failure.value = answer
      // What one may no longer see is not left standing as merely old.
      if (answer.code === 'not-entitled') value.value = null
    }
  }

  const seen = (): void => {
    if (!document.hidden) void refresh()
  }
  document.addEventListener('visibilitychange', seen)
  onScopeDispose(() => {
    over = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', seen)
  })
  void refresh()
  const stale = computed(() => value.value !== null && failure.value !== null)
  return { value, receivedMs, failure, asking, stale, refresh }
}

/** The present time, renewed every second, for ages and countdowns. */
export function useNow(): Readonly<Ref<number>> {
  const now = ref(Date.now())
  const timer = setInterval(() => (now.value = Date.now()), 1_000)
  onScopeDispose(() => clearInterval(timer))
  return now
}
