// Where a person was, so that unlocking leads back there: after a reload, a change of clerk, or a flat battery.
import { readMemory, writeMemory } from './memory'

/** Remembers the page that an account is on. Paths carry ids only, nothing personal. */
export function rememberPlace(accountId: string, path: string): void {
  writeMemory('place', `${accountId} ${path}`)
}

/** Where an account goes on: its own last place, or the address that was asked for; never where a colleague was. */
export function placeFor(accountId: string, asked: string | undefined): string {
  const [lastId = '', lastPath = '/'] = (readMemory('place') ?? '').split(' ')
  if (lastId === accountId) return asked ?? lastPath
  return lastId === '' ? (asked ?? '/') : '/'
}
