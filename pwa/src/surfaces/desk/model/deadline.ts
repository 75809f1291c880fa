// When something is likely due, counted in weekdays: a guide for people until the hub keeps the legal clocks.
//
// Public holidays and make-up days are not known here, so every use of these figures says that they are an estimate.
// The day of receipt is day 0 (domain handbook, section 4). Pure.
import type { ItemRecord } from '../../../forms/item'
import { zoneMidnight, zoneWeekday } from '../../../forms/zoneTime'

export const RECEIPT_WEEKDAYS = 5
const DAY_MS = 86_400_000

const isWeekend = (ms: number): boolean => [0, 6].includes(zoneWeekday(ms))

/** Midnight of the weekday that is `count` weekdays after the day of `ms`; 0 is the day itself. The zone's days. */
export function addWeekdays(ms: number, count: number): number {
  let day = zoneMidnight(ms)
  for (let left = count; left > 0; ) {
    day += DAY_MS
    if (!isWeekend(day)) left -= 1
  }
  return day
}

/** Weekdays from the day of `nowMs` to the day of `dueMs`; negative when it is past. */
export function weekdaysLeft(dueMs: number, nowMs: number): number {
  const [now, due] = [zoneMidnight(nowMs), zoneMidnight(dueMs)]
  const [from, to, sign] = due >= now ? [now, due, 1] : [due, now, -1]
  let count = 0
  for (let day = from + DAY_MS; day <= to; day += DAY_MS) if (!isWeekend(day)) count += 1
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
