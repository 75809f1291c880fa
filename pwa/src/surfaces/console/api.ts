/** What the console asks the hub (docs/protocol.md section 9): the session, the overview, problems, codes, revocation. */
import { type Answer, ask, hasShape, isRecord } from '../../ui/rest'

export interface Role {
  readonly role: string
  readonly point: string
  readonly dept: string
}

export interface Account {
  readonly id: string
  readonly username: string
  readonly name: string
  readonly roles: readonly Role[]
}

/** Times in ms since 1970, 0: never. `unsent`, `refused` and `unsent_attachments` are what the device reported. */
export interface Device {
  readonly number: number
  readonly name: string
  readonly kind: string
  readonly point: string
  readonly last_contact_ms: number
  readonly unsent: number
  readonly refused: number
  readonly unsent_attachments: number
  readonly app_version: string
  /** The device's clock minus the hub's, as last seen. */
  readonly clock_offset_ms: number
  readonly revoked_ms: number
  readonly revoked_reason: string
  readonly forked_ms: number
}

export interface Point {
  readonly id: string
  readonly name: string
  readonly cases: number
  readonly devices: readonly Device[]
}

export interface Overview {
  readonly hub_ms: number
  readonly cases: number
  /** Cases that refer to photos which the hub does not hold yet. */
  readonly cases_photos_missing: number
  readonly points: readonly Point[]
  /** How many by kind; a kind that does not occur is absent. */
  readonly problems: Readonly<Record<string, number>>
  /** Events that are in no backup, and when the hub took in the first; 0 to whoever may not see it. */
  readonly unbacked: number
  readonly unbacked_since_ms: number
  readonly backed_ms: number
  /** Devices of which something is lost, and whose copy is not the hub's. */
  readonly lost: number
  readonly differing: number
}

export interface Problem {
  readonly kind: string
  readonly code: string
  readonly position: number
  readonly device: number
  readonly device_name: string
  /** The person's name; empty: the device itself. */
  readonly author: string
  readonly point: string
  readonly seq: number
  readonly type: string
  readonly type_zh: string
  readonly receipt_no: string
  readonly at_ms: number
  /** What it waits for and the hub does not have, the first few; no name: no device of this zone. */
  readonly waits_for: readonly { readonly device: number; readonly device_name: string; readonly seq: number }[]
}

export interface EnrolmentCode {
  readonly code: string
  /** The same as a QR picture. */
  readonly svg: string
  readonly until_ms: number
}

export function signIn(username: string, password: string): Promise<Answer<{ account: Account }>> {
  return ask('/api/sign-in', isSession, { method: 'POST', body: { username, password } })
}

export function signOut(account: string): Promise<Answer<unknown>> {
  return ask('/api/sign-out', isAnything, { method: 'POST', account })
}

export function getMe(account: string): Promise<Answer<{ account: Account }>> {
  return ask('/api/me', isSession, { account })
}

export function getOverview(account: string): Promise<Answer<Overview>> {
  return ask('/api/console/overview', isOverview, { account })
}

export function getProblems(account: string): Promise<Answer<{ problems: readonly Problem[] }>> {
  return ask('/api/console/problems', isProblems, { account })
}

export function createCode(account: string, point: string, kind: string): Promise<Answer<EnrolmentCode>> {
  return ask('/api/console/enrolment-codes', isCode, { method: 'POST', account, body: { point, kind } })
}

export function revokeDevice(account: string, device: number, reason: string): Promise<Answer<unknown>> {
  return ask(`/api/console/devices/${device}/revoke`, isAnything, { method: 'POST', account, body: { reason } })
}

function isSession(data: unknown): data is { account: Account } {
  return isRecord(data) && hasShape(data['account'], { id: 'string', username: 'string', name: 'string', roles: 'array' })
}

function isOverview(data: unknown): data is Overview {
  return hasShape(data, { hub_ms: 'number', cases_photos_missing: 'number', points: 'array', problems: 'object', unbacked: 'number', lost: 'number', differing: 'number' })
}

function isProblems(data: unknown): data is { problems: readonly Problem[] } {
  return hasShape(data, { problems: 'array' })
}

function isCode(data: unknown): data is EnrolmentCode {
  return hasShape(data, { code: 'string', svg: 'string', until_ms: 'number' })
}

/** An answer without content: the status said it all. */
function isAnything(data: unknown): data is unknown {
  return data === null || isRecord(data)
}
