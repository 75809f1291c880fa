// The zone's own calendar: one clock for every paper and screen, wherever a tablet's settings believe it to be. Pure.
//
// Beijing time has been UTC+8 all the year round since 1992, so that days are found without a calendar library.

export const ZONE = 'Asia/Shanghai';

const DAY_MS = 86_400_000;
const OFFSET_MS = 8 * 3_600_000;

/** The day of a moment as `YYYY-MM-DD`. */
export function zoneDay(ms: number): string {
  return new Date(ms + OFFSET_MS).toISOString().slice(0, 10);
}

/** The midnight with which the day of a moment begins. */
export function zoneMidnight(ms: number): number {
  return Math.floor((ms + OFFSET_MS) / DAY_MS) * DAY_MS - OFFSET_MS;
}

/** The midnight with which a day written as `YYYY-MM-DD` begins. */
export function midnightOf(day: string): number {
  return new Date(`${day}T00:00:00Z`).getTime() - OFFSET_MS;
}

/** The day of the week: 0 is Sunday. */
export function zoneWeekday(ms: number): number {
  return new Date(ms + OFFSET_MS).getUTCDay();
}
