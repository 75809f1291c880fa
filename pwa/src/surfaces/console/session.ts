/** Who is signed in at this console. The cookie is the session; only the account's id is kept here, for reloads. */
import { shallowRef } from 'vue'
import type { Answer } from '../../ui/rest'
import { type Account, getMe, signIn, signOut } from './api'
import { mayAdminister } from './rights'

const STORED = 'zc-console-account'

/** `unknown` until the first answer; `unreached`: the line is cut, nobody was thrown out; `ended`: the hub ended it. */
export type Session =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreached'; readonly code: string }
  | { readonly kind: 'out'; readonly ended: boolean }
  | { readonly kind: 'in'; readonly account: Account }

export const session = shallowRef<Session>({ kind: 'unknown' })

/** The signed-in account's id; a screen that needs it is only shown signed in. */
export function accountId(): string {
  return session.value.kind === 'in' ? session.value.account.id : ''
}

/** Whether the signed-in account may enrol and revoke devices of this point; without a point: of any. */
export function administers(point?: string): boolean {
  return session.value.kind === 'in' && mayAdminister(session.value.account, point)
}

/** Takes a session up again after a reload; where nobody was signed in it says so without asking. */
export async function resume(): Promise<void> {
  const id = sessionStorage.getItem(STORED)
  const answer = id === null ? null : await getMe(id)
  if (answer?.ok === true) session.value = { kind: 'in', account: answer.value.account }
  else if (answer === null) session.value = { kind: 'out', ended: false }
  else if (answer.status === 401) end(true)
  else session.value = { kind: 'unreached', code: answer.code }
}

export async function enter(username: string, password: string): Promise<Answer<{ account: Account }>> {
  const answer = await signIn(username, password)
  if (answer.ok) {
    sessionStorage.setItem(STORED, answer.value.account.id)
    session.value = { kind: 'in', account: answer.value.account }
  }
  return answer
}

/** Leaves at once; that the hub hears of it is asked for, and a cut line only means that the cookie runs out later. */
export async function leave(): Promise<void> {
  const id = accountId()
  end(false)
  if (id !== '') await signOut(id)
}

/** Back to the sign-in page; `ended`: because the hub no longer takes the session. */
export function end(ended: boolean): void {
  sessionStorage.removeItem(STORED)
  session.value = { kind: 'out', ended }
}
