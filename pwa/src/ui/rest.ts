/**
 * Asks the hub by REST (docs/protocol.md section 9): every call ends within its time, and only the hub's own JSON counts.
 *
 * Expected failures are values. Codes of the hub pass through; those given here are `line-cut` (nothing answered),
 * `line-timeout` (nothing answered in time) and `line-not-hub` (something answered that is not the hub: a captive
 * portal, a proxy's error page).
 */

export const REQUEST_TIMEOUT_MS = 15_000

export type Params = Readonly<Record<string, string | number>>

export interface Failure {
  readonly ok: false
  readonly code: string
  /** The hub's own Chinese words; empty where the hub was not reached. */
  readonly message: string
  readonly params: Params
  readonly status: number
}

export interface Success<T> {
  readonly ok: true
  readonly value: T
  /** When the hub gave this answer, by its own clock, in ms since 1970; 0 where it did not say. */
  readonly atMs: number
}

export type Answer<T> = Success<T> | Failure

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly body?: unknown
  /** Whose session is meant: hex of the account (header `Zc-Account`). */
  readonly account?: string
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** What a body must look like to be taken for the hub's: true when it is. */
export type Guard<T> = (data: unknown) => data is T

export async function ask<T>(path: string, guard: Guard<T>, call: Call = {}): Promise<Answer<T>> {
  const timeout = AbortSignal.timeout(call.timeoutMs ?? REQUEST_TIMEOUT_MS)
  const signal = call.signal === undefined ? timeout : anyOf([timeout, call.signal])
  try {
    const response = await fetch(path, { ...requestOf(call), signal })
    const data = await jsonOf(response)
    if (!response.ok) return refusalOf(data, response.status)
    if (response.redirected || !guard(data)) return failure('line-not-hub', response.status)
    return { ok: true, value: data, atMs: Date.parse(response.headers.get('date') ?? '') || 0 }
  } catch {
    return failure(timeout.aborted ? 'line-timeout' : 'line-cut', 0)
  }
}

export function isRecord(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}

type Kind = 'string' | 'number' | 'boolean' | 'array' | 'object'

/** Whether `data` is a map that has these keys with values of these kinds; others may be there too. */
export function hasShape(data: unknown, kinds: Readonly<Record<string, Kind>>): data is Record<string, unknown> {
  return isRecord(data) && Object.entries(kinds).every(([key, kind]) => kindOf(data[key]) === kind)
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return value === null ? 'null' : typeof value
}

function requestOf(call: Call): RequestInit {
  const headers = new Headers({ Accept: 'application/json' })
  if (call.account !== undefined) headers.set('Zc-Account', call.account)
  const init: RequestInit = { method: call.method ?? 'GET', headers, credentials: 'same-origin' }
  if (call.body === undefined) return init
  headers.set('Content-Type', 'application/json')
  return { ...init, body: JSON.stringify(call.body) }
}

/** The body as JSON, or undefined where it is none. */
async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text()
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refusalOf(data: unknown, status: number): Failure {
  if (!hasShape(data, { code: 'string', message: 'string' })) return failure('line-not-hub', status)
  const params = isRecord(data['params']) ? plainParams(data['params']) : {}
  return { ok: false, code: String(data['code']), message: String(data['message']), params, status }
}

function plainParams(raw: Record<string, unknown>): Params {
  const entries = Object.entries(raw).filter(([, value]) => typeof value === 'string' || typeof value === 'number')
  return Object.fromEntries(entries) as Params
}

function failure(code: string, status: number): Failure {
  return { ok: false, code, message: '', params: {}, status }
}

/** `AbortSignal.any`, which a three-year-old phone does not have. */
function anyOf(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController()
  for (const signal of signals) {
    if (signal.aborted) controller.abort()
    else signal.addEventListener('abort', () => controller.abort(), { once: true })
  }
  return controller.signal
}
