/** Only the hub's own JSON counts; every other outcome is a value with a stable code. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ask, hasShape } from './rest'

interface Zone {
  readonly name: string
}
const isZone = (data: unknown): data is Zone => hasShape(data, { name: 'string' })

const asked: { path: string; init: RequestInit }[] = []

function answerWith(make: (init: RequestInit) => Response | Promise<Response>): void {
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    asked.push({ path, init })
    return make(init)
  })
}

afterEach(() => {
  vi.unstubAllGlobals()
  asked.length = 0
})

describe('ask', () => {
  it('gives the value and the hub’s time', async () => {
    const date = 'Mon, 23 Nov 2026 06:00:00 GMT'
    answerWith(() => new Response('{"name":"经开区"}', { headers: { date } }))
    expect(await ask('/api/zone', isZone)).toEqual({ ok: true, value: { name: '经开区' }, atMs: Date.parse(date) })
  })

  it('says whose session is meant, and sends JSON', async () => {
    answerWith(() => new Response('{"name":"x"}'))
    await ask('/api/x', isZone, { method: 'POST', body: { a: 1 }, account: 'ab12' })
    const headers = new Headers(asked[0]?.init.headers)
    expect(headers.get('Zc-Account')).toBe('ab12')
    expect(headers.get('Content-Type')).toBe('application/json')
    expect(asked[0]?.init.body).toBe('{"a":1}')
  })

  it('passes the hub’s refusal through', async () => {
    const refusal = { code: 'slow-down', message: '请稍后再试', params: { seconds: 30, deep: {} } }
    answerWith(() => new Response(JSON.stringify(refusal), { status: 429 }))
    const answer = await ask('/api/follow', isZone)
    expect(answer).toEqual({ ok: false, code: 'slow-down', message: '请稍后再试', params: { seconds: 30 }, status: 429 })
  })

  it.each([
    ['a portal’s page', '<html>欢迎使用无线网络</html>', 200],
    ['JSON of something else', '{"login":true}', 200],
    ['a proxy’s error', 'Bad gateway', 502],
    ['an empty answer', '', 200],
  ])('takes %s for no answer of the hub', async (_what, body, status) => {
    answerWith(() => new Response(body, { status }))
    expect(await ask('/api/zone', isZone)).toMatchObject({ ok: false, code: 'line-not-hub', status })
  })

  it('tells a cut line from a silent one', async () => {
    answerWith(() => Promise.reject(new TypeError('Failed to fetch')))
    expect(await ask('/api/zone', isZone)).toMatchObject({ code: 'line-cut' })
    answerWith(
      (init) =>
        new Promise((_resolve, reject) => {
          init.signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))
        }),
    )
    expect(await ask('/api/zone', isZone, { timeoutMs: 5 })).toMatchObject({ code: 'line-timeout' })
  })
})
