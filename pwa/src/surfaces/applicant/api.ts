/** What the applicant's pages ask the hub (docs/protocol.md section 9): the public guide, and one's own case. */
import type { ItemRecord } from '../../forms/item'
import { type Answer, ask, hasShape } from '../../ui/rest'

export interface PointInfo {
  readonly id: string
  readonly name: string
  readonly serviceHours?: string
}

/** What the list shows of an item and searches it by; the rest comes when somebody opens it. */
export type ListedItem = Pick<
  ItemRecord,
  | 'id'
  | 'name'
  | 'department'
  | 'basicCode'
  | 'caseType'
  | 'promisedDays'
  | 'visits'
  | 'points'
  | 'serviceObjectCodes'
  | 'outcome'
  | 'highFrequency'
  | 'sampleWeight'
  | 'aliases'
  | 'searchKeys'
>

export interface Guide {
  readonly items: readonly ListedItem[]
  readonly points: readonly PointInfo[]
}

/** One thing that a pending correction asks for, by its name in the catalogue. */
export interface Wanted {
  readonly kind: string
  readonly name: string
  readonly note: string
}

export interface ProgressStep {
  readonly type: string
  readonly zh: string
  readonly at_ms: number
}

/** `item` and `point` are ids: their names are in the guide. */
export interface CaseProgress {
  readonly receipt_no: string
  readonly case_no: string
  readonly item: string
  readonly point: string
  readonly state: string
  readonly state_zh: string
  /** How many photos of the case have not come to the hub yet. */
  readonly photos_missing: number
  readonly steps: readonly ProgressStep[]
  /** What to bring while a correction is pending, and by which day (YYYY-MM-DD; empty: not said). */
  readonly wanted: readonly Wanted[]
  readonly wanted_until: string
}

export function askGuide(): Promise<Answer<Guide>> {
  return ask('/api/guide/items', isGuide)
}

export function askItem(id: string): Promise<Answer<ItemRecord>> {
  return ask(`/api/guide/items/${encodeURIComponent(id)}`, isItem)
}

export function askFollow(receiptNo: string, last4: string, signal: AbortSignal): Promise<Answer<CaseProgress>> {
  const body = { receipt_no: receiptNo, id_last4: last4 }
  return ask('/api/follow', isProgress, { method: 'POST', body, signal })
}

function isGuide(data: unknown): data is Guide {
  return hasShape(data, { items: 'array', points: 'array' })
}

function isItem(data: unknown): data is ItemRecord {
  return hasShape(data, { id: 'string', name: 'string', materials: 'array', legalBasis: 'array', fee: 'object' })
}

export function isProgress(data: unknown): data is CaseProgress {
  return hasShape(data, { receipt_no: 'string', state: 'string', state_zh: 'string', photos_missing: 'number', steps: 'array', wanted: 'array', wanted_until: 'string' })
}
