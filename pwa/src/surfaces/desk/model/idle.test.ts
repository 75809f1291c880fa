// The idle lock: it waits for the camera, and a tab in the background does not close the one that somebody works in.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { effectScope } from 'vue'

const MINUTE_MS = 60_000

/** One tab of the tablet: a page of its own, the storage that all share. */
async function openTab() {
  vi.resetModules()
  const page = new EventTarget()
  vi.stubGlobal('window', page)
  vi.stubGlobal('document', new EventTarget())
  const { holdLock, useIdleLock } = await import('./idle')
  const lock = vi.fn()
  effectScope().run(() => { useIdleLock(lock) })
  return { lock, holdLock, touch: () => { page.dispatchEvent(new Event('pointerdown')) } }
}

beforeEach(() => {
  vi.useFakeTimers()
  const kept = new Map<string, string>()
  vi.stubGlobal('localStorage', { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => { kept.set(key, value) } })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('a tablet that is left alone is locked', async () => {
  const tab = await openTab()
  vi.advanceTimersByTime(9 * MINUTE_MS)
  expect(tab.lock).not.toHaveBeenCalled()
  vi.advanceTimersByTime(2 * MINUTE_MS)
  expect(tab.lock).toHaveBeenCalled()
})

test('a tab in the background knows that somebody works in another', async () => {
  const behind = await openTab()
  const front = await openTab()
  for (let minute = 0; minute < 30; minute += 1) {
    vi.advanceTimersByTime(MINUTE_MS)
    front.touch()
  }
  expect(behind.lock).not.toHaveBeenCalled()
  vi.advanceTimersByTime(11 * MINUTE_MS)
  expect(behind.lock).toHaveBeenCalled()
})

test('no tab locks while a photograph is taken in another', async () => {
  const behind = await openTab()
  const front = await openTab()
  const release = front.holdLock()
  vi.advanceTimersByTime(30 * MINUTE_MS)
  expect([behind.lock, front.lock].flatMap((lock) => lock.mock.calls)).toEqual([])
  release()
  vi.advanceTimersByTime(11 * MINUTE_MS)
  expect(front.lock).toHaveBeenCalled()
})

test('a clock that was set back does not keep the tablet open', async () => {
  const tab = await openTab()
  vi.setSystemTime(Date.now() - 24 * 60 * MINUTE_MS)
  vi.advanceTimersByTime(11 * MINUTE_MS)
  expect(tab.lock).toHaveBeenCalled()
})
