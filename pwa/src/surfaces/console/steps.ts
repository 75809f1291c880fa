/** What is to be done about one device, worst first; and numbers as an administrator reads them. Pure. */
import { CLOCK_OFF_MS_MAX, SILENT_MS_MIN, STUCK_MS_MIN } from './health'
import type { DeviceDetail, Feed, Loss } from './replicas'
import { spanText } from './times'
import { t, type WordKey } from './words'

/** Of its storage: from here on it is said before it bites. */
export const STORAGE_FULL_RATIO = 0.8

export interface Step {
  readonly id: string
  readonly tone: 'wrong' | 'soon'
  readonly text: string
}

type Params = Readonly<Record<string, string | number>>

/** Everything that needs somebody, worst first; empty: nothing. */
export function stepsOf(detail: DeviceDetail, nowMs: number): readonly Step[] {
  const steps = detail.device.revoked_ms > 0 ? ofRevoked(detail) : [...ofLog(detail, nowMs), ...ofStorage(detail)]
  return [...steps].sort((a, b) => Number(a.tone === 'soon') - Number(b.tone === 'soon'))
}

/** `第 2 至 5 条（共 4 条）`, or `第 2 条`. */
export function rangeText({ first_seq: first, last_seq: last }: Pick<Loss, 'first_seq' | 'last_seq'>): string {
  return first === last ? t('loss.one', { first }) : t('loss.many', { first, last, count: last - first + 1 })
}

/** A feed as people call it. */
export function feedText({ name, title }: Pick<Feed, 'name' | 'title'>): string {
  const [kind = '', id = ''] = name.split(':')
  if (kind === 'zone') return t('feed.zone')
  if (kind === 'person') return t('feed.person')
  return kind === 'point' || kind === 'dept' ? t(`feed.${kind}`, { title: title || id }) : name
}

/** Bytes in the unit that a person would say. */
export function sizeText(bytes: number): string {
  const units = ['kB', 'MB', 'GB'] as const
  const power = Math.min(units.length, Math.max(1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3)))
  const value = bytes / 1000 ** power
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[power - 1] ?? 'kB'}`
}

function step(key: WordKey & `step.${string}`, tone: Step['tone'], params: Params = {}): Step {
  return { id: key, tone, text: t(key, params) }
}

function ofRevoked({ losses, successor }: DeviceDetail): readonly Step[] {
  if (successor > 0) return [step('step.renewed', 'soon', { successor })]
  const lost = losses.find(({ kind }) => kind === 'revoked')
  return [lost === undefined ? step('step.revoked', 'soon') : step('step.lostWithIt', 'wrong', { range: rangeText(lost) })]
}

function ofLog({ device, epoch, stand, counts, losses, readings }: DeviceDetail, nowMs: number): readonly Step[] {
  const steps: Step[] = []
  const lost = (kind: Loss['kind']): Loss | undefined => losses.find((one) => one.kind === kind)
  const [setBack, awaited] = [lost('set-back'), lost('awaited')]
  const differs = readings.filter(({ state }) => state === 'differs' || state === 'ahead').length
  const away = nowMs - device.last_contact_ms
  const waiting = device.unsent + device.unsent_attachments
  if (device.forked_ms > 0) steps.push(step('step.forked', 'wrong'))
  if (setBack !== undefined) steps.push(step('step.setBack', 'wrong', { range: rangeText(setBack) }))
  if (differs > 0) steps.push(step('step.differs', 'wrong', { count: differs }))
  if (counts.refused > 0) steps.push(step('step.refused', 'wrong', { count: counts.refused }))
  if (awaited !== undefined) steps.push(step('step.awaited', 'soon', { range: rangeText(awaited) }))
  if (counts.parked > 0) steps.push(step('step.parked', 'soon', { count: counts.parked }))
  if (stand !== null && stand.epoch < epoch) steps.push(step('step.oldEpoch', 'soon'))
  if (device.last_contact_ms > 0 && waiting > 0 && away >= STUCK_MS_MIN) {
    steps.push(step('step.stuck', away >= SILENT_MS_MIN ? 'wrong' : 'soon', { age: spanText(away), count: waiting }))
  }
  if (Math.abs(device.clock_offset_ms) > CLOCK_OFF_MS_MAX) steps.push(step('step.clock', 'soon', { offset: spanText(device.clock_offset_ms) }))
  return steps
}

function ofStorage({ stand }: DeviceDetail): readonly Step[] {
  if (stand === null) return []
  const used = stand.quota_bytes > 0 ? stand.used_bytes / stand.quota_bytes : 0
  const steps: Step[] = []
  if (stand.storage === 'failing') steps.push(step('step.storageFailing', 'wrong'))
  if (stand.storage === 'best-effort') steps.push(step('step.bestEffort', 'soon'))
  if (used >= STORAGE_FULL_RATIO) steps.push(step('step.storageFull', 'soon', { percent: Math.floor(used * 100) }))
  return steps
}
