// Locks a tablet that was left alone; never while a photograph is being taken, whichever of its tabs is in use.
import { onScopeDispose } from 'vue'
import { readMemory, writeMemory } from './memory'

export const IDLE_LOCK_MS = 10 * 60 * 1000
const LOOK_MS = 15_000
/** How often the other tabs are told that somebody is here. */
const TELL_MS = 5_000
const SIGNS = ['pointerdown', 'keydown', 'input', 'wheel'] as const

let holds = 0
let lastSignMs = 0
let toldMs = 0

/** Somebody is here; a lock closes every tab, so all must know. */
function sign(): void {
  const nowMs = Date.now()
  lastSignMs = nowMs
  if (Math.abs(nowMs - toldMs) < TELL_MS) return
  toldMs = nowMs
  writeMemory('last-sign', String(nowMs))
}
/** When somebody was last here, in any tab. What a clock said that was set back since counts for nothing. */
function lastSign(nowMs: number): number {
  const signs = [lastSignMs, Number(readMemory('last-sign'))]
  return Math.max(0, ...signs.filter((ms) => ms < nowMs + IDLE_LOCK_MS))
}

/** Keeps the lock away until the answer is called: the camera covers the page, and nobody touches it meanwhile. */
export function holdLock(): () => void {
  holds += 1
  let held = true
  return () => {
    if (!held) return
    held = false
    holds -= 1
    sign()
  }
}

/** Calls `lock` once the tablet has been idle; looks again on every return to the page, as timers sleep in between. */
export function useIdleLock(lock: () => void): void {
  sign()
  const look = (): void => {
    const nowMs = Date.now()
    if (holds > 0) sign()
    else if (nowMs - lastSign(nowMs) >= IDLE_LOCK_MS) lock()
  }
  const timer = setInterval(look, LOOK_MS)
  for (const type of SIGNS) window.addEventListener(type, sign, { passive: true, capture: true })
  document.addEventListener('visibilitychange', look)
  onScopeDispose(() => {
    clearInterval(timer)
    for (const type of SIGNS) window.removeEventListener(type, sign, { capture: true })
    document.removeEventListener('visibilitychange', look)
  })
}
