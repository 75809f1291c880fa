// The zone's days, on a machine of any time zone.
import { expect, test } from 'vitest';
import { midnightOf, ZONE, zoneDay, zoneMidnight, zoneWeekday } from './zoneTime';

const LATE = Date.UTC(2026, 10, 23, 15, 59, 59);
const MIDNIGHT = Date.UTC(2026, 10, 23, 16);

test('a day ends at sixteen hours of Greenwich', () => {
  expect(zoneDay(LATE)).toBe('2026-11-23');
  expect(zoneDay(MIDNIGHT)).toBe('2026-11-24');
  expect([zoneWeekday(LATE), zoneWeekday(MIDNIGHT)]).toEqual([1, 2]);
  expect(zoneMidnight(MIDNIGHT + 1)).toBe(MIDNIGHT);
  expect(zoneMidnight(LATE)).toBe(MIDNIGHT - 86_400_000);
  expect(midnightOf('2026-11-24')).toBe(MIDNIGHT);
});

test('it is the day that the browser names for the zone', () => {
  const named = new Intl.DateTimeFormat('sv-SE', { timeZone: ZONE, dateStyle: 'short' });
  for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2028, 0, 1); at += 7 * 3_600_000) expect(zoneDay(at)).toBe(named.format(at));
});
