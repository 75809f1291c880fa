/** Times as a person reads them, in the zone's own time wherever the phone is. */
import { ZONE } from '../../forms/zoneTime'
import { locale } from './words'

const LOCALES = { 'zh-CN': 'zh-CN', en: 'en-GB' } as const

/** A day of the calendar: 12月7日 星期一, from 2026-12-07. */
export function calendarDay(iso: string): string {
  const options: Intl.DateTimeFormatOptions = { timeZone: ZONE, month: 'long', day: 'numeric', weekday: 'long' }
  return new Intl.DateTimeFormat(LOCALES[locale()], options).format(new Date(`${iso}T12:00:00+08:00`))
}

/** Day and minute: 2026年11月23日 14:05. */
export function dayAndTime(ms: number): string {
  const options: Intl.DateTimeFormatOptions = {
    timeZone: ZONE,
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }
  return new Intl.DateTimeFormat(LOCALES[locale()], options).format(ms)
}
