// Times as a person at a window says them, in the zone's own time: the hour today, the day otherwise. Pure: `now` is an argument.
import { ZONE, zoneDay } from '../../../forms/zoneTime'
import type { Locale } from '../../../i18n/i18n'

const said = (ms: number, locale: Locale, parts: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...parts }).format(ms)

/** `10:24` today, `11月23日 10:24` this year, with the year before it. Milliseconds since 1970; 0 is no time: ''. */
export function moment(ms: number, nowMs: number, locale: Locale): string {
  if (ms === 0) return ''
  const [at, now] = [zoneDay(ms), zoneDay(nowMs)]
  const time = said(ms, locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  if (at === now) return time
  const year = at.slice(0, 4) === now.slice(0, 4) ? undefined : 'numeric'
  return `${said(ms, locale, { month: 'short', day: 'numeric', year })} ${time}`
}

/** The whole moment to the second, for papers and history. */
export function exactly(ms: number, locale: Locale): string {
  return ms === 0 ? '' : said(ms, locale, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' })
}

/** `11月30日 星期一`. */
export function day(ms: number, locale: Locale): string {
  return said(ms, locale, { month: 'long', day: 'numeric', weekday: 'short' })
}
