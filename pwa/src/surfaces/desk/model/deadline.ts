// When something is likely due, counted in weekdays: a guide for people until the hub keeps the legal clocks.
//
// Public holidays and make-up days are not known here, so every use of these figures says that they are an estimate.
// The day of receipt is day 0 (domain handbook, section 4). Pure.
import type { ItemRecord } from '../../../forms/item'

export const RECEIPT_WEEKDAYS = 5
const DAY_MS = 86_400_000

const isWeekend = (date: Date): boolean => date.getDay() === 0 || date.getDay() === 6

/** Midnight of the weekday that is `count` weekdays after the day of `ms`; 0 is the day itself. Local time. */
export function addWeekdays(ms: number, count: number): number {
  const date = new Date(ms)
  date.setHours(0, 0, 0, 0)
  for (let left = count; left > 0; ) {
    date.setDate(date.getDate() + 1)
    if (!isWeekend(date)) left -= 1
  }
  return date.getTime()
}

/** Weekdays from the day of `nowMs` to the day of `dueMs`; negative when it is past. */
export function weekdaysLeft(dueMs: number, nowMs: number): number {
  const [from, to, sign] = dueMs >= nowMs ? [nowMs, dueMs, 1] : [dueMs, nowMs, -1]
  const date = new Date(from)
  date.setHours(0, 0, 0, 0)
  const end = new Date(to)
  end.setHours(0, 0, 0, 0)
  let count = 0
  while (end.getTime() - date.getTime() > DAY_MS / 2) {
    date.setDate(date.getDate() + 1)
    if (!isWeekend(date)) count += 1
  }
  return count === 0 ? 0 : sign * count
}

const ON_RECEIPT_CLOCK = ['received']
const ON_DECISION_CLOCK = ['accepted', 'under_review', 'decision_pending']

/**
 * When the next legal step of a case is likely due, or null when no clock runs.
 *
 * The decision is counted from receipt, not from acceptance, which a list does not know: never later than the law's.
 */
export function likelyDue(state: string, receivedMs: number, item: Pick<ItemRecord, 'promisedDays'> | undefined): number | null {
  if (receivedMs === 0) return null
  if (ON_RECEIPT_CLOCK.includes(state)) return addWeekdays(receivedMs, RECEIPT_WEEKDAYS)
  if (item !== undefined && ON_DECISION_CLOCK.includes(state)) return addWeekdays(receivedMs, item.promisedDays)
  return null
}
