// Where each person was, so that unlocking leads back there: after a reload, a change of clerk, or a flat battery.
import { readMemory, writeMemory } from './memory'

/** Remembers the page that an account is on. Paths carry ids only, nothing personal. */
export function rememberPlace(accountId: string, path: string): void {
  writeMemory(`place-${accountId}`, path)
  writeMemory('last-account', accountId)
}

/** Where an account goes on: the address asked for, if nobody else was here last; else its own last place; else home. */
export function placeFor(accountId: string, asked: string | undefined): string {
  const last = readMemory('last-account')
  const own = readMemory(`place-${accountId}`) ?? '/'
  return last === null || last === accountId ? (asked ?? own) : own
}
