/** The facts of one device, in three groups: its log and what it says it has left, itself, its storage. Pure. */
import { CLOCK_OFF_MS_MAX } from './health'
import type { DeviceDetail } from './replicas'
import { sizeText, STORAGE_FULL_RATIO } from './steps'
import { ageText, clockText } from './times'
import { t, wordOr } from './words'

type Tone = '' | 'soon' | 'wrong'

export interface Fact {
  readonly name: string
  readonly value: string
  readonly hint?: string
  readonly tone?: Tone
}

export interface Facts {
  readonly log: readonly Fact[]
  readonly device: readonly Fact[]
  readonly storage: readonly Fact[]
}

export function factsOf(detail: DeviceDetail, nowMs: number): Facts {
  return { log: logOf(detail), device: deviceOf(detail, nowMs), storage: storageOf(detail) }
}

function logOf({ device, stand, counts, uploads }: DeviceDetail): readonly Fact[] {
  const count = (name: string, value: number, tone: Tone, hint = ''): Fact => ({ name, value: String(value), hint, tone: value > 0 ? tone : '' })
  return [
    { name: t('device.log.here'), value: t('device.log.hereTo', { seq: device.last_seq }) },
    { name: t('device.log.said'), value: stand === null ? t('device.notSaid') : t('device.log.saidTo', { seq: Math.max(stand.known_seq, device.last_seq) }) },
    count(t('device.unsent'), device.unsent, 'soon'),
    count(t('device.photos'), device.unsent_attachments, 'soon', uploads > 0 ? t('device.photosGoing', { count: uploads }) : ''),
    count(t('problems.refused'), counts.refused, 'wrong'),
    count(t('problems.parked'), counts.parked, 'soon'),
    count(t('problems.void'), counts.void, 'soon'),
  ]
}

function deviceOf({ device, point_name: point }: DeviceDetail, nowMs: number): readonly Fact[] {
  const off = Math.abs(device.clock_offset_ms) > CLOCK_OFF_MS_MAX
  return [
    { name: t('device.point'), value: point },
    { name: t('device.kind'), value: wordOr(`device.kind.${device.kind}`, device.kind) },
    { name: t('device.contact'), value: ageText(device.last_contact_ms, nowMs) },
    { name: t('device.version'), value: device.app_version || t('device.notSaid') },
    { name: t('device.clock'), value: device.last_contact_ms > 0 ? clockText(device.clock_offset_ms) : t('device.notSaid'), tone: off ? 'soon' : '' },
  ]
}

function storageOf({ stand, epoch }: DeviceDetail): readonly Fact[] {
  const kept = stand?.storage ?? ''
  const [used, quota] = [stand?.used_bytes ?? 0, stand?.quota_bytes ?? 0]
  return [
    { name: t('device.storage.kept'), value: wordOr(`device.storage.${kept}`, t('device.notSaid')), tone: kept === 'failing' ? 'wrong' : kept === 'best-effort' ? 'soon' : '' },
    {
      name: t('device.storage.used'),
      value: quota > 0 ? t('device.storage.usedOf', { used: sizeText(used), quota: sizeText(quota) }) : t('device.notSaid'),
      tone: quota > 0 && used / quota >= STORAGE_FULL_RATIO ? 'soon' : '',
    },
    epochOf(stand?.epoch, epoch),
  ]
}

/** The first epoch is called 1: a hub that was never restored. */
function epochOf(known: number | undefined, epoch: number): Fact {
  const name = t('device.epoch')
  if (epoch <= 1) return { name, value: t('device.epoch.none') }
  if (known === undefined) return { name, value: t('device.notSaid') }
  return known < epoch ? { name, value: t('device.epoch.old'), tone: 'soon' } : { name, value: t('device.epoch.known') }
}
