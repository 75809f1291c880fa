/**
 * Following a case: two questions, then the answer. What a person typed stays until another case is asked for.
 *
 * The receipt number and what the hub answered survive a reload, until the tab is closed; the ID number's last four
 * characters are held in memory only.
 */
import { reactive } from 'vue'
import { makeReceiptNumber, normaliseCode, parseReceiptNumber, type NumberCode } from '../../sync/number'
import { type Answer, type Failure, hasShape } from '../../ui/rest'
import { askFollow, type CaseProgress, isProgress } from './api'

export const RECEIPT_EXAMPLE = 'JK-HALL-12-20261123-0001-R'
const STORED = 'zc-applicant-receipt'
const OUTCOME = 'zc-applicant-outcome'

export type Judged = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly code: FollowCode }
export type FollowCode = NumberCode | 'receipt-empty' | 'last4-empty' | 'last4-format'

export interface Outcome {
  readonly progress: CaseProgress
  readonly atMs: number
}

interface FollowState {
  receipt: string
  last4: string
  outcome: Outcome | null
}

export const state: FollowState = reactive<FollowState>({ receipt: readStored(STORED), last4: '', outcome: readOutcome() })

/** The receipt number as printed, or what is wrong with it; the check character is verified here. */
export function judgeReceipt(raw: string): Judged {
  if (normaliseCode(raw) === '') return { ok: false, code: 'receipt-empty' }
  const parsed = parseReceiptNumber(raw)
  if ('code' in parsed) return { ok: false, code: parsed.code }
  return { ok: true, text: makeReceiptNumber(parsed.point, parsed.device, parsed.date, parsed.counter) }
}

export function judgeLast4(raw: string): Judged {
  const text = normaliseCode(raw)
  if (text === '') return { ok: false, code: 'last4-empty' }
  return /^[0-9A-Z]{4}$/.test(text) ? { ok: true, text } : { ok: false, code: 'last4-format' }
}

/** Keeps the receipt number for the rest of the visit; another number makes the old answer disappear. */
export function setReceipt(text: string): void {
  if (text !== state.receipt) forget()
  state.receipt = text
  store(STORED, text)
}

/** Asks the hub; the outcome is kept for the result page, a failure is the caller's to show. */
export async function lookUp(signal: AbortSignal): Promise<Answer<CaseProgress>> {
  const answer = await askFollow(state.receipt, state.last4, signal)
  if (answer.ok) {
    state.outcome = { progress: answer.value, atMs: answer.atMs || Date.now() }
    store(OUTCOME, JSON.stringify(state.outcome))
  }
  return answer
}

/** Forgets everything of this visit: another person's turn, or another case. */
export function startOver(): void {
  setReceipt('')
  forget()
}

function forget(): void {
  Object.assign(state, { last4: '', outcome: null })
  store(OUTCOME, '')
}

/** How long a slowed-down person is to wait. */
export function waitMs(failure: Failure): number {
  return 1_000 * Math.max(1, Number(failure.params['seconds'] ?? 60))
}

/** What is left of a wait, as the number and the unit's word; null: it is over. */
export function waitWords(leftMs: number): { readonly unit: 'wait.seconds' | 'wait.minutes'; readonly count: number } | null {
  if (leftMs <= 0) return null
  const seconds = Math.ceil(leftMs / 1_000)
  return seconds < 120 ? { unit: 'wait.seconds', count: seconds } : { unit: 'wait.minutes', count: Math.ceil(seconds / 60) }
}

function store(name: string, text: string): void {
  try {
    sessionStorage.setItem(name, text)
  } catch {
    // Storage is forbidden here: it lasts until the page is closed.
  }
}

function readStored(name: string): string {
  try {
    return sessionStorage.getItem(name) ?? ''
  } catch {
    return ''
  }
}

/** What was seen of this case before the reload; nothing where it cannot be read. */
function readOutcome(): Outcome | null {
  try {
    const kept: unknown = JSON.parse(readStored(OUTCOME))
    if (!hasShape(kept, { atMs: 'number' }) || !isProgress(kept['progress'])) return null
    return kept['progress'].receipt_no === readStored(STORED) ? { progress: kept['progress'], atMs: Number(kept['atMs']) } : null
  } catch {
    return null
  }
}
