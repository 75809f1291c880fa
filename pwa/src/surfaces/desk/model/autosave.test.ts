// Autosave: nothing is called saved that is not, one save at a time, the newest words win.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Result } from '../../../worker/api'
import { createAutosave } from './autosave'

const DELAY_MS = 250
const OK: Result<null> = { ok: true, value: null }
const FULL: Result<null> = { ok: false, code: 'storage-full' }

beforeEach(() => { vi.useFakeTimers() })
afterEach(() => { vi.useRealTimers() })

test('saves within the delay though typing goes on', async () => {
  const save = vi.fn(() => Promise.resolve(OK))
  const autosave = createAutosave(save, DELAY_MS, () => 7)
  autosave.touch()
  await vi.advanceTimersByTimeAsync(DELAY_MS - 1)
  autosave.touch()
  expect(autosave.state.value).toEqual({ kind: 'unsaved' })
  await vi.advanceTimersByTimeAsync(1)
  expect(save).toHaveBeenCalledTimes(1)
  expect(autosave.state.value).toEqual({ kind: 'saved', atMs: 7 })
})

test('a change during a save is saved after it, never beside it', async () => {
  const finish: (() => void)[] = []
  const save = vi.fn(() => new Promise<Result<null>>((resolve) => { finish.push(() => { resolve(OK) }) }))
  const autosave = createAutosave(save, DELAY_MS, () => 7)
  autosave.touch()
  const flushed = autosave.flush()
  autosave.touch()
  expect(save).toHaveBeenCalledTimes(1)
  finish[0]?.()
  await vi.advanceTimersByTimeAsync(0)
  expect(autosave.state.value).toEqual({ kind: 'unsaved' })
  expect(save).toHaveBeenCalledTimes(2)
  finish[1]?.()
  expect(await flushed).toBe(true)
  expect(autosave.state.value).toEqual({ kind: 'saved', atMs: 7 })
})

test('a failed save says so, and the next flush tries again', async () => {
  const save = vi.fn<() => Promise<Result<null>>>().mockResolvedValueOnce(FULL).mockResolvedValue(OK)
  const autosave = createAutosave(save, DELAY_MS, () => 7)
  autosave.touch()
  expect(await autosave.flush()).toBe(false)
  expect(autosave.state.value).toEqual({ kind: 'failed', code: 'storage-full' })
  autosave.touch()
  expect(autosave.state.value.kind).toBe('failed')
  expect(await autosave.flush()).toBe(true)
  expect(autosave.state.value.kind).toBe('saved')
})

test('an engine that breaks is a failed save', async () => {
  const autosave = createAutosave(() => Promise.reject(new Error('gone')), DELAY_MS, () => 7)
  autosave.touch()
  expect(await autosave.flush()).toBe(false)
  expect(autosave.state.value).toEqual({ kind: 'failed', code: 'storage-failed' })
})

test('nothing changed, nothing saved', async () => {
  const save = vi.fn(() => Promise.resolve(OK))
  expect(await createAutosave(save, DELAY_MS, () => 7).flush()).toBe(true)
  expect(save).not.toHaveBeenCalled()
})

test('what could not be saved is saved by itself once that goes again, until nobody looks any more', async () => {
  const save = vi.fn<() => Promise<Result<null>>>().mockResolvedValue({ ok: false, code: 'storage-failed' })
  const autosave = createAutosave(save, DELAY_MS, () => 7)
  autosave.touch()
  await vi.advanceTimersByTimeAsync(DELAY_MS + 9_000)
  expect(save).toHaveBeenCalledTimes(4)
  expect(autosave.state.value).toEqual({ kind: 'failed', code: 'storage-failed' })
  save.mockResolvedValueOnce(OK)
  await vi.advanceTimersByTimeAsync(3_000)
  expect(autosave.state.value).toEqual({ kind: 'saved', atMs: 7 })
  autosave.touch()
  autosave.end()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(save).toHaveBeenCalledTimes(6)
})

test('what only a person can mend is not tried again and again', async () => {
  const save = vi.fn<() => Promise<Result<null>>>().mockResolvedValue({ ok: false, code: 'storage-newer' })
  const autosave = createAutosave(save, DELAY_MS, () => 7)
  autosave.touch()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(save).toHaveBeenCalledTimes(1)
})
