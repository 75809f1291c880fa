/** The cases that a person follows on this phone: receipt number and item id only, and only when asked to. */
import { ref } from 'vue'
import { hasShape } from '../../ui/rest'
import { recallList, remember } from './memory'

export interface Followed {
  readonly receiptNo: string
  readonly item: string
}

const FOLLOWED_COUNT_MAX = 20

export const followed = ref<readonly Followed[]>(recallList('followed', isFollowed))

/** Puts a case first in the list. False: this browser keeps nothing. */
export function follow(entry: Followed): boolean {
  const others = followed.value.filter(({ receiptNo }) => receiptNo !== entry.receiptNo)
  return keep([entry, ...others].slice(0, FOLLOWED_COUNT_MAX))
}

export function unfollow(receiptNo: string): boolean {
  return keep(followed.value.filter((entry) => entry.receiptNo !== receiptNo))
}

function keep(entries: readonly Followed[]): boolean {
  const kept = remember('followed', entries.length === 0 ? null : JSON.stringify(entries))
  if (kept) followed.value = entries
  return kept
}

function isFollowed(entry: unknown): entry is Followed {
  return hasShape(entry, { receiptNo: 'string', item: 'string' })
}
