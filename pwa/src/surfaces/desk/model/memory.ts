// Small habits of this tablet, kept between visits: window, lately used items. Never anything personal.

export type MemoryKey = 'window' | 'paper' | 'single-keys' | 'last-account' | 'last-sign' | `place-${string}` | `recent-${string}`

const PREFIX = 'zc-desk-'

/** A browser may refuse local storage altogether; a habit that is not remembered costs a tap and no data. */
export function readMemory(key: MemoryKey): string | null {
  try {
    return localStorage.getItem(PREFIX + key)
  } catch {
    return null
  }
}

export function writeMemory(key: MemoryKey, value: string): void {
  try {
    localStorage.setItem(PREFIX + key, value)
  } catch {
    return
  }
}

const RECENT_MAX = 8

/** Ids of the items that this account took in lately on this tablet, newest first. */
export function recentItems(accountId: string): string[] {
  return (readMemory(`recent-${accountId}`) ?? '').split(' ').filter((id) => id !== '')
}

export function rememberItem(accountId: string, itemId: string): void {
  const ids = [itemId, ...recentItems(accountId).filter((id) => id !== itemId)]
  writeMemory(`recent-${accountId}`, ids.slice(0, RECENT_MAX).join(' '))
}
