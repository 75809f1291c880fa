// Times as a person at a window says them: the hour today, the day otherwise. Pure: `now` is an argument.
import type { Locale } from '../../../i18n/i18n'

const sameDay = (a: Date, b: Date): boolean => a.toDateString() === b.toDateString()

/** `10:24` today, `11月23日 10:24` this year, with the year before it. Milliseconds since 1970; 0 is no time: ''. */
export function moment(ms: number, nowMs: number, locale: Locale): string {
  if (ms === 0) return ''
  const at = new Date(ms)
  const now = new Date(nowMs)
  const time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at)
  if (sameDay(at, now)) return time
  const year = at.getFullYear() === now.getFullYear() ? undefined : 'numeric'
  return `${new Intl.DateTimeFormat(locale, { month: 'short', day: 'numeric', year }).format(at)} ${time}`
}

/** The whole moment to the second, for papers and history. */
export function exactly(ms: number, locale: Locale): string {
  if (ms === 0) return ''
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' }).format(new Date(ms))
}

/** `11月30日 星期一`. */
export function day(ms: number, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, { month: 'long', day: 'numeric', weekday: 'short' }).format(new Date(ms))
}

/** The local day as `YYYY-MM-DD`. */
export function isoDay(ms: number): string {
  const at = new Date(ms)
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('-')
}
