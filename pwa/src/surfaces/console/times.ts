/** Ages, spans and times as an administrator reads them, in the zone's own time. */
import { ZONE } from '../../forms/zoneTime'
import { locale, t } from './words'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How long ago, coarsely; a time of 0 is never, and one in the future is now. */
export function ageText(atMs: number, nowMs: number): string {
  if (atMs === 0) return t('age.never')
  const ms = nowMs - atMs
  if (ms < MINUTE) return t('age.now')
  if (ms < HOUR) return t('age.minutes', { count: Math.floor(ms / MINUTE) })
  if (ms < DAY) return t('age.hours', { count: Math.floor(ms / HOUR) })
  return t('age.days', { count: Math.floor(ms / DAY) })
}

/** A length of time, in its largest whole unit. */
export function spanText(ms: number): string {
  const abs = Math.abs(ms)
  if (abs < MINUTE) return t('span.seconds', { count: Math.round(abs / SECOND) })
  if (abs < HOUR) return t('span.minutes', { count: Math.floor(abs / MINUTE) })
  if (abs < DAY) return t('span.hours', { count: Math.floor(abs / HOUR) })
  return t('span.days', { count: Math.floor(abs / DAY) })
}

/** A device's clock beside the hub's. */
export function clockText(offsetMs: number): string {
  if (Math.abs(offsetMs) < 2 * SECOND) return t('clock.same')
  return t(offsetMs > 0 ? 'clock.fast' : 'clock.slow', { span: spanText(offsetMs) })
}

/** `09:05` of what is left. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND))
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`
}

export function clockTime(ms: number): string {
  return format(ms, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

export function dayAndTime(ms: number): string {
  return format(ms, { month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' })
}

function format(ms: number, parts: Intl.DateTimeFormatOptions): string {
  const options = { timeZone: ZONE, hourCycle: 'h23', ...parts } as const
  return new Intl.DateTimeFormat(locale() === 'en' ? 'en-GB' : 'zh-CN', options).format(ms)
}
