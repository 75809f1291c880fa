/** The two answers are judged on the phone before anybody is asked. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeReceiptNumber } from '../../sync/number'
import { judgeLast4, judgeReceipt, RECEIPT_EXAMPLE, setReceipt, startOver, state, waitMs, waitWords } from './follow'

const NUMBER = makeReceiptNumber('HALL', 12, '20261123', 1)

describe('judgeReceipt', () => {
  it('shows a valid number as its example', () => {
    expect(NUMBER).toBe(RECEIPT_EXAMPLE)
  })

  it.each([NUMBER, NUMBER.toLowerCase(), ` ${NUMBER} `, NUMBER.replaceAll('-', ' '), NUMBER.replaceAll('-', '—')])(
    'reads %s',
    (raw) => {
      expect(judgeReceipt(raw)).toEqual({ ok: true, text: NUMBER })
    },
  )

  it.each([
    ['', 'receipt-empty'],
    ['  - ', 'number-format'],
    ['12345', 'number-format'],
    ['JK-HALL-12-20261323-0001-R', 'number-date'],
    [NUMBER.replace('0001', '0002'), 'number-check'],
  ])('says of “%s” %s', (raw, code) => {
    expect(judgeReceipt(raw)).toEqual({ ok: false, code })
  })
})

describe('judgeLast4', () => {
  it.each([
    ['002x', '002X'],
    [' 12 34 ', '1234'],
    ['1234', '1234'],
    ['Y43B', 'Y43B'],
  ])('reads %s as %s', (raw, text) => {
    expect(judgeLast4(raw)).toEqual({ ok: true, text })
  })

  it.each([
    ['', 'last4-empty'],
    ['123', 'last4-format'],
    ['12345', 'last4-format'],
    ['12-4', 'last4-format'],
  ])('says of “%s” %s', (raw, code) => {
    expect(judgeLast4(raw)).toEqual({ ok: false, code })
  })
})

describe('the answers so far', () => {
  it('stay when the same number is given again, and go with another', () => {
    setReceipt(NUMBER)
    state.last4 = '1234'
    setReceipt(NUMBER)
    expect(state.last4).toBe('1234')
    setReceipt(makeReceiptNumber('HALL', 12, '20261123', 2))
    expect(state.last4).toBe('')
    startOver()
    expect(state.receipt).toBe('')
  })
})

describe('what was seen of a case', () => {
  const progress = { receipt_no: NUMBER, case_no: '', item: 'I', point: 'HALL', state: 'accepted', state_zh: '已受理', photos_missing: 0, steps: [], wanted: [], wanted_until: '' }
  const kept = new Map<string, string>()

  beforeEach(() => {
    kept.clear()
    vi.resetModules()
    vi.stubGlobal('sessionStorage', { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, text: string) => kept.set(name, text) })
    vi.stubGlobal('fetch', () => Promise.resolve(Response.json(progress, { headers: { date: 'Tue, 24 Nov 2026 02:20:00 GMT' } })))
  })
  afterEach(() => { vi.unstubAllGlobals() })

  const page = (): Promise<typeof import('./follow')> => import('./follow')
  async function lookedUp(): Promise<typeof import('./follow')> {
    const first = await page()
    first.setReceipt(NUMBER)
    first.state.last4 = '1234'
    await first.lookUp(new AbortController().signal)
    vi.resetModules()
    return first
  }

  it('is there after a reload, with its time, and the ID number is not', async () => {
    await lookedUp()
    const { state: after } = await page()
    expect(after.outcome).toEqual({ progress, atMs: Date.UTC(2026, 10, 24, 2, 20) })
    expect([after.receipt, after.last4]).toEqual([NUMBER, ''])
    expect([...kept.values()].join()).not.toContain('1234')
  })

  it('goes with another number, and when somebody else begins', async () => {
    const first = await lookedUp()
    first.startOver()
    expect((await page()).state.outcome).toBeNull()
    await lookedUp()
    kept.set('zc-applicant-receipt', makeReceiptNumber('HALL', 12, '20261123', 2))
    expect((await page()).state.outcome).toBeNull()
  })

  it.each(['', '{', '[]', '{"atMs":1,"progress":{}}'])('counts as nothing where it is %s', async (text) => {
    kept.set('zc-applicant-outcome', text)
    expect((await page()).state.outcome).toBeNull()
  })
})

describe('a wait', () => {
  const failure = { ok: false, code: 'x', message: '', status: 429 } as const
  it.each([
    [5, 'wait.seconds', 5],
    [90.2, 'wait.seconds', 91],
    [301, 'wait.minutes', 6],
  ])('of %d s', (seconds, unit, count) => {
    expect(waitWords(waitMs({ ...failure, params: { seconds } }))).toEqual({ unit, count })
  })

  it('is over when nothing is left of it', () => {
    expect(waitWords(1)).toEqual({ unit: 'wait.seconds', count: 1 })
    expect(waitWords(0)).toBeNull()
  })
})
