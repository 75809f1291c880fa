// While the line is cut, whoever works here has it tried at once: nobody who looks at the screen waits for the back-off.
import { onScopeDispose } from 'vue'
import type { Status } from '../../../worker/api'

/** At most this often, so that typing through an outage is no storm on the hub that comes back. */
export const HURRY_MS = 10_000
const SIGNS = ['pointerdown', 'keydown', 'focus', 'pageshow'] as const

/** Whether to try now: the line ends here, somebody sees the page, and the last try for a person is long enough ago. */
export function shouldHurry(reach: Status['reach'] | undefined, seen: boolean, lastMs: number, nowMs: number): boolean {
  return reach === 'none' && seen && nowMs - lastMs >= HURRY_MS
}

/** Calls `hurry` at most so often, for as long as the calling component lives. */
export function useHurry(reach: () => Status['reach'] | undefined, hurry: () => void): void {
  let lastMs = 0
  const look = (): void => {
    const nowMs = Date.now()
    if (!shouldHurry(reach(), document.visibilityState === 'visible', lastMs, nowMs)) return
    lastMs = nowMs
    hurry()
  }
  for (const sign of SIGNS) window.addEventListener(sign, look, { passive: true, capture: true })
  document.addEventListener('visibilitychange', look)
  onScopeDispose(() => {
    for (const sign of SIGNS) window.removeEventListener(sign, look, { capture: true })
    document.removeEventListener('visibilitychange', look)
  })
}
