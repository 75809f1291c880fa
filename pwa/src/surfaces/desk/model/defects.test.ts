// What nobody expected is said, whether a component broke or a promise was not caught.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createApp } from 'vue'

beforeEach(() => { vi.resetModules() })
afterEach(() => { vi.unstubAllGlobals() })

async function watched() {
  const page = new EventTarget()
  vi.stubGlobal('window', page)
  const { defect, watchDefects } = await import('./defects')
  const app = createApp({})
  watchDefects(app)
  expect(defect.value).toBe(false)
  return { app, page, defect }
}

test('a promise that nobody caught', async () => {
  const { page, defect } = await watched()
  page.dispatchEvent(new Event('unhandledrejection'))
  expect(defect.value).toBe(true)
})

test('a component that broke, which is logged as well', async () => {
  const logged = vi.spyOn(console, 'error').mockReturnValue(undefined)
  const { app, defect } = await watched()
  const broken = new Error('broken')
  app.config.errorHandler?.(broken, null, '')
  expect(defect.value).toBe(true)
  expect(logged).toHaveBeenCalledWith(broken)
})
