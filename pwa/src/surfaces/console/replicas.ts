/** What the console asks of one device, of one feed, and of what is held where (docs/protocol.md section 9). */
import { type Answer, ask, hasShape } from '../../ui/rest'
import type { Device, Problem } from './api'

/** `parted_ms`: when it last fetched anew all after `parted_n`, up to which it was the hub's; 0: never, as far as is known. `behind`: by what the hub has more; `differs`: the first difference is at or before `n`; `ahead`: more than the hub has. */
export type Agreement = 'same' | 'behind' | 'differs' | 'ahead'

export interface Reading {
  readonly device: number
  readonly feed: string
  readonly n: number
  readonly head_n: number
  readonly state: Agreement
  readonly parted_n: number
  readonly parted_ms: number
}

/** Numbers of a device's log that were written and are not at the hub; docs/protocol.md says what each kind means. */
export interface Loss {
  readonly device: number
  readonly device_name: string
  readonly point: string
  readonly first_seq: number
  readonly last_seq: number
  readonly kind: 'unsent' | 'set-back' | 'revoked' | 'renewed' | 'awaited'
  readonly successor: number
  readonly last_contact_ms: number
}

/** What the device last reported of its log and its storage; a quota of 0: not said. */
export interface Stand {
  readonly last_seq: number
  readonly known_seq: number
  readonly epoch: number
  readonly storage: string
  readonly used_bytes: number
  readonly quota_bytes: number
}

/** What a branch did in one case; `received`: the branch took it in; `here`: the hub has the case. */
export interface BranchCase {
  readonly stream: string
  readonly receipt_no: string
  readonly steps: readonly string[]
  readonly received: boolean
  readonly here: boolean
}

/** A branch that was kept aside; of `cases_all` cases the first, and of old branches none. */
export interface Branch {
  readonly first_seq: number
  readonly events: number
  readonly received_ms: number
  readonly cases: readonly BranchCase[]
  readonly cases_all: number
}

export interface DeviceDetail {
  readonly hub_ms: number
  readonly epoch: number
  readonly device: Device & { readonly last_seq: number }
  readonly point_name: string
  readonly former: readonly number[]
  readonly successor: number
  readonly stand: Stand | null
  readonly counts: { readonly refused: number; readonly parked: number; readonly void: number; readonly forked: number }
  readonly problems: readonly Problem[]
  readonly branches: readonly Branch[]
  readonly losses: readonly Loss[]
  readonly readings: readonly Reading[]
  readonly titles: Readonly<Record<string, string>>
  readonly uploads: number
}

/** Times in ms since 1970, 0: never. */
export interface Watermark {
  readonly position: number
  readonly taken_ms: number
  readonly photos: number
  readonly bytes: number
  readonly unbacked: number
  readonly unbacked_since_ms: number
  readonly restored_ms: number
}

export interface Replica {
  readonly device: number
  readonly device_name: string
  readonly point: string
  readonly last_contact_ms: number
  readonly reported: boolean
  readonly old_epoch: boolean
  readonly feeds: number
  readonly behind: number
  readonly differs: number
}

export interface Feed {
  readonly name: string
  readonly title: string
  readonly n: number
  readonly hash: string
  readonly readers: number
  readonly behind: number
  readonly differs: number
}

export interface Replicas {
  readonly hub_ms: number
  readonly watermark: Watermark | null
  readonly losses: readonly Loss[]
  readonly replicas: readonly Replica[]
  readonly feeds: readonly Feed[]
  readonly feeds_all: number
}

export interface FeedReader {
  readonly device: number
  readonly device_name: string
  readonly point: string
  readonly last_contact_ms: number
  readonly n: number
  readonly state: Agreement
  readonly parted_n: number
  readonly parted_ms: number
}

export interface FeedDetail {
  readonly hub_ms: number
  readonly feed: Feed
  readonly readers: readonly FeedReader[]
}

export function getDevice(account: string, number: number): Promise<Answer<DeviceDetail>> {
  return ask(`/api/console/devices/${number}`, isDevice, { account })
}

export function getReplicas(account: string): Promise<Answer<Replicas>> {
  return ask('/api/console/replicas', isReplicas, { account })
}

export function getFeed(account: string, name: string): Promise<Answer<FeedDetail>> {
  return ask(`/api/console/feed?name=${encodeURIComponent(name)}`, isFeed, { account })
}

function isDevice(data: unknown): data is DeviceDetail {
  return hasShape(data, { hub_ms: 'number', device: 'object', counts: 'object', problems: 'array', branches: 'array', losses: 'array', readings: 'array', titles: 'object', former: 'array' })
}

function isReplicas(data: unknown): data is Replicas {
  return hasShape(data, { hub_ms: 'number', losses: 'array', replicas: 'array', feeds: 'array' })
}

function isFeed(data: unknown): data is FeedDetail {
  return hasShape(data, { hub_ms: 'number', feed: 'object', readers: 'array' })
}
