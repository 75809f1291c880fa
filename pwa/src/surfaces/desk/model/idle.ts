// Locks a tablet that was left alone; never while a photograph is being taken.
import { onScopeDispose } from 'vue'

export const IDLE_LOCK_MS = 10 * 60 * 1000
const SIGNS = ['pointerdown', 'keydown', 'input', 'wheel'] as const

let holds = 0
let lastSignMs = 0

/** Keeps the lock away until the answer is called: the camera covers the page, and nobody touches it meanwhile. */
export function holdLock(): () => void {
  holds += 1
  let held = true
  return () => {
    if (!held) return
    held = false
    holds -= 1
    lastSignMs = Date.now()
  }
}

/** Whether a tablet last touched at `lastMs` is to be locked at `nowMs`. */
export function shouldLock(lastMs: number, nowMs: number, held: number): boolean {
  return held === 0 && nowMs - lastMs >= IDLE_LOCK_MS
}

/** Calls `lock` once the tablet has been idle; looks again on every return to the page, as timers sleep in between. */
export function useIdleLock(lock: () => void): void {
  lastSignMs = Date.now()
  const onSign = (): void => { lastSignMs = Date.now() }
  const look = (): void => {
    if (shouldLock(lastSignMs, Date.now(), holds)) lock()
  }
  const timer = setInterval(look, 15_000)
  for (const sign of SIGNS) window.addEventListener(sign, onSign, { passive: true, capture: true })
  document.addEventListener('visibilitychange', look)
  onScopeDispose(() => {
    clearInterval(timer)
    for (const sign of SIGNS) window.removeEventListener(sign, onSign, { capture: true })
    document.removeEventListener('visibilitychange', look)
  })
}
