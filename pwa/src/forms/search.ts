// Finds a service item by pinyin initials, full pinyin, name, everyday word or code; a few keystrokes are enough.
//
// Pure, over an index made once. Every word of the query must be found; the item's score is its worst word's.
import { halfWidth } from '../sync/number'
import type { ItemRecord } from './item'

export interface SearchOptions {
  /** How many items at most. */
  readonly limit: number
  /** Ids of items used lately at this window, newest first; they come before their equals. */
  readonly recentIds: readonly string[]
}

export interface Found<T> {
  readonly item: T
  readonly score: number
}

export type Searchable = Pick<
  ItemRecord,
  | 'id'
  | 'name'
  | 'aliases'
  | 'searchKeys'
  | 'basicCode'
  | 'implementations'
  | 'department'
  | 'outcome'
  | 'highFrequency'
  | 'sampleWeight'
>

interface IndexEntry<T> {
  readonly item: T
  readonly place: number
  readonly name: string
  readonly aliases: readonly string[]
  readonly words: readonly string[]
  readonly initials: string
  readonly aliasInitials: readonly string[]
  readonly full: string
  readonly aliasFull: readonly string[]
  readonly codes: readonly string[]
}
export type SearchIndex<T> = readonly IndexEntry<T>[]

/** How good a match is, best first; the steps are wider than any weight, so kinds never mix. */
const RANK = { code: 10, aliasExact: 9, prefix: 8, aliasPrefix: 7, inside: 6, aliasInside: 5, codePart: 4, word: 3, said: 2, scattered: 1 }
const RANK_STEP = 1_000
const RECENT_BONUS = 400
const FREQUENT_BONUS = 200
const SCATTERED_CHARS_MIN = 3
/** A shorter everyday word stands in too many sentences to mean anything. */
const SAID_CHARS_MIN = 2

export function buildIndex<T extends Searchable>(items: readonly T[]): SearchIndex<T> {
  return items.map((item, place) => {
    const [initials = '', ...aliasInitials] = item.searchKeys.initials.split(' ')
    const [full = '', ...aliasFull] = item.searchKeys.full.split(' ')
    return {
      item,
      place,
      name: plain(item.name),
      aliases: item.aliases.map(plain),
      words: [item.outcome.name, item.department].map(plain),
      initials,
      aliasInitials,
      full,
      aliasFull,
      codes: [
        item.id,
        item.basicCode,
        ...item.implementations.flatMap((one) => [one.implementationCode, one.handlingItemCode]),
      ].map(plain),
    }
  })
}

/** The best items for a query, best first; an empty query gives the recent ones, then the high-frequency ones. */
export function search<T extends Searchable>(
  index: SearchIndex<T>,
  query: string,
  options: SearchOptions,
): readonly Found<T>[] {
  const words = query.split(/[\s\u3000]+/).map(plain).filter((word) => word !== '')
  const found: { readonly entry: IndexEntry<T>; readonly score: number }[] = []
  for (const entry of index) {
    const rank = Math.min(Infinity, ...words.map((word) => rankOf(entry, word)))
    const recent = options.recentIds.indexOf(entry.item.id)
    if (rank === 0) continue
    if (words.length === 0 && recent < 0 && !entry.item.highFrequency) continue
    found.push({ entry, score: (Number.isFinite(rank) ? rank * RANK_STEP : 0) + weightOf(entry.item, recent) })
  }
  found.sort((a, b) => b.score - a.score || a.entry.name.length - b.entry.name.length || a.entry.place - b.entry.place)
  return found.slice(0, options.limit).map(({ entry, score }) => ({ item: entry.item, score }))
}

function weightOf(item: Searchable, recent: number): number {
  const lately = recent < 0 ? 0 : Math.max(RECENT_BONUS - recent, 1)
  return lately + (item.highFrequency ? FREQUENT_BONUS : 0) + Math.min(item.sampleWeight, 100)
}

function rankOf<T>(entry: IndexEntry<T>, word: string): number {
  const byText = rankText(word, entry.name, entry.aliases)
  if (byText > 0 || !/^[0-9a-z]+$/.test(word)) {
    if (byText > 0) return byText
    if (entry.words.some((other) => other.includes(word))) return RANK.word
    // People say more than the word itself: 我要开饭店, 社保卡丢了怎么办.
    if ([entry.name, ...entry.aliases].some((said) => said.length >= SAID_CHARS_MIN && word.includes(said))) return RANK.said
    return [...word].length >= SCATTERED_CHARS_MIN && scattered(word, entry.name) ? RANK.scattered : 0
  }
  if (entry.codes.includes(word)) return RANK.code
  const byPinyin = Math.max(
    rankText(word, entry.initials, entry.aliasInitials),
    rankText(word, entry.full, entry.aliasFull),
  )
  if (byPinyin > 0) return byPinyin
  if (entry.codes.some((code) => code.includes(word))) return RANK.codePart
  return word.length >= SCATTERED_CHARS_MIN && scattered(word, entry.initials) ? RANK.scattered : 0
}

function rankText(word: string, name: string, aliases: readonly string[]): number {
  if (name === word || aliases.includes(word)) return RANK.aliasExact
  if (name.startsWith(word)) return RANK.prefix
  if (aliases.some((alias) => alias.startsWith(word))) return RANK.aliasPrefix
  if (name.includes(word)) return RANK.inside
  return aliases.some((alias) => alias.includes(word)) ? RANK.aliasInside : 0
}

/**
 * Whether the characters of `word` stand in `text` in this order, with no more others between them than there are of it:
 * in a long name any three letters stand somewhere.
 */
function scattered(word: string, text: string): boolean {
  const [head = '', ...rest] = word
  for (let first = text.indexOf(head); first >= 0; first = text.indexOf(head, first + 1)) {
    let at = first + 1
    for (const char of rest) {
      at = text.indexOf(char, at) + 1
      if (at === 0) return false
    }
    if (at - first <= 2 * word.length) return true
  }
  return false
}

/** Half-width, lower case, letters and digits only. */
function plain(text: string): string {
  return [...text].map(halfWidth).join('').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '')
}
