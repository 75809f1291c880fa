// Weekday counting and the likely due day.
import { expect, test } from 'vitest'
import { zoneDay } from '../../../forms/zoneTime'
import { addWeekdays, likelyDue, weekdaysLeft } from './deadline'

const at = (day: string, time = '10:00'): number => new Date(`${day}T${time}:00+08:00`).getTime()

test.each([
  ['2026-11-23', 0, '2026-11-23'],
  ['2026-11-23', 5, '2026-11-30'],
  ['2026-11-27', 1, '2026-11-30'],
  ['2026-11-28', 1, '2026-11-30'],
  ['2026-12-31', 1, '2027-01-01'],
])('%s and %i weekdays is %s', (from, count, to) => {
  expect(zoneDay(addWeekdays(at(from), count))).toBe(to)
})

test.each([
  ['2026-11-23', '2026-11-30', 5],
  ['2026-11-23', '2026-11-23', 0],
  ['2026-11-28', '2026-11-29', 0],
  ['2026-11-30', '2026-11-27', -1],
])('from %s to %s are %i weekdays', (now, due, left) => {
  expect(weekdaysLeft(at(due, '00:00'), at(now, '16:00'))).toBe(left)
})

test('the receipt clock runs after receipt, the promise after acceptance, none at the end', () => {
  const item = { promisedDays: 10 }
  expect(zoneDay(likelyDue('received', at('2026-11-23'), item) ?? 0)).toBe('2026-11-30')
  expect(zoneDay(likelyDue('under_review', at('2026-11-23'), item) ?? 0)).toBe('2026-12-07')
  expect(likelyDue('delivered', at('2026-11-23'), item)).toBeNull()
  expect(likelyDue('received', 0, item)).toBeNull()
  expect(likelyDue('accepted', at('2026-11-23'), undefined)).toBeNull()
})
