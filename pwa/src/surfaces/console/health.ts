/**
 * Judges an overview: how each device does, and what needs somebody, worst first. Pure: the time is an argument.
 *
 * A device that is off at night is no trouble by itself; one that is off with work unsent is.
 */
import type { Device, Overview, Point } from './api'

export type Health = 'online' | 'offline' | 'silent' | 'never' | 'forked' | 'revoked'

/** Two heartbeats of the line (HTTP polling included) and some patience. */
export const ONLINE_MS_MAX = 60_000
/** Off with work unsent for this long: somebody should connect it. */
export const STUCK_MS_MIN = 30 * 60_000
/** A working day and a night. */
export const SILENT_MS_MIN = 24 * 3_600_000
/** A backup a day, and two hours for it to be late. */
export const UNBACKED_MS_MIN = 26 * 3_600_000
/** A clock further off than the protocol's CLOCK_AHEAD_MS_MAX makes the hub's time count. */
export const CLOCK_OFF_MS_MAX = 300_000

export function healthOf(device: Device, nowMs: number): Health {
  if (device.revoked_ms > 0) return 'revoked'
  if (device.forked_ms > 0) return 'forked'
  if (device.last_contact_ms === 0) return 'never'
  const age = nowMs - device.last_contact_ms
  if (age <= ONLINE_MS_MAX) return 'online'
  return age < SILENT_MS_MIN ? 'offline' : 'silent'
}

export type NoteKind = 'forked' | 'clock' | 'refused' | 'stuck' | 'pointSilent' | 'pointEmpty' | 'parked' | 'void' | 'lost' | 'differs' | 'unbacked' | 'neverBacked'

/** Something that needs somebody; `device` where it is about one, `points` where it is about some. */
export interface Note {
  readonly kind: NoteKind
  readonly tone: 'wrong' | 'soon'
  readonly count: number
  readonly device?: Device
  readonly points?: readonly Point[]
}

/** Everything to be dealt with, worst first; empty: all is well. */
export function notesOf(overview: Overview, nowMs: number): readonly Note[] {
  const devices = overview.points.flatMap((point) => point.devices)
  const notes: readonly Note[] = [
    ...devices.flatMap((device) => notesOfDevice(device, nowMs)),
    ...notesOfPoints(overview.points, nowMs),
    ...notesOfData(overview, nowMs),
    ...notesOfCount(overview, 'refused', 'wrong'),
    ...notesOfCount(overview, 'parked', 'soon'),
    ...notesOfCount(overview, 'void', 'soon'),
  ]
  return [...notes].sort((a, b) => rank(a) - rank(b))
}

/** When the point was last heard of; 0: never. */
export function lastContactOf(point: Point): number {
  return Math.max(0, ...activeOf(point).map((device) => device.last_contact_ms))
}

/** The devices that count: not revoked. */
export function activeOf(point: Point): readonly Device[] {
  return point.devices.filter((device) => device.revoked_ms === 0)
}

/** How many of a point's devices are online. */
export function onlineOf(point: Point, nowMs: number): number {
  return activeOf(point).filter((device) => healthOf(device, nowMs) === 'online').length
}

export interface Totals {
  readonly devices: number
  readonly online: number
  readonly unsent: number
  readonly photos: number
}

export function totalsOf(overview: Overview, nowMs: number): Totals {
  const devices = overview.points.flatMap(activeOf)
  const sum = (of: (device: Device) => number): number => devices.reduce((total, device) => total + of(device), 0)
  return {
    devices: devices.length,
    online: devices.filter((device) => healthOf(device, nowMs) === 'online').length,
    unsent: sum((device) => device.unsent),
    photos: sum((device) => device.unsent_attachments),
  }
}

function notesOfDevice(device: Device, nowMs: number): readonly Note[] {
  const health = healthOf(device, nowMs)
  if (health === 'revoked') return []
  const notes: Note[] = []
  if (health === 'forked') notes.push({ kind: 'forked', tone: 'wrong', count: 1, device })
  const away = nowMs - device.last_contact_ms
  const waiting = device.unsent + device.unsent_attachments
  if (device.last_contact_ms > 0 && waiting > 0 && away >= STUCK_MS_MIN) {
    notes.push({ kind: 'stuck', tone: away >= SILENT_MS_MIN ? 'wrong' : 'soon', count: waiting, device })
  }
  if (Math.abs(device.clock_offset_ms) > CLOCK_OFF_MS_MAX) notes.push({ kind: 'clock', tone: 'soon', count: 1, device })
  return notes
}

/** One note for all points that are silent, and one for all that have no device. */
function notesOfPoints(points: readonly Point[], nowMs: number): readonly Note[] {
  const empty = points.filter((point) => activeOf(point).length === 0)
  const silent = points.filter((point) => activeOf(point).length > 0 && onlineOf(point, nowMs) === 0)
  const note = (kind: 'pointSilent' | 'pointEmpty', about: readonly Point[]): readonly Note[] =>
    about.length === 0 ? [] : [{ kind, tone: 'soon', count: about.length, points: about }]
  return [...note('pointSilent', silent), ...note('pointEmpty', empty)]
}

/** What is lost, what differs, what would be lost with the server. */
function notesOfData({ lost, differing, cases, unbacked, unbacked_since_ms: since, backed_ms: backedMs }: Overview, nowMs: number): readonly Note[] {
  const notes: Note[] = []
  if (lost > 0) notes.push({ kind: 'lost', tone: 'wrong', count: lost })
  if (differing > 0) notes.push({ kind: 'differs', tone: 'wrong', count: differing })
  // A zone that nobody has worked in yet can be loaded again.
  if (unbacked > 0 && cases > 0 && backedMs === 0) notes.push({ kind: 'neverBacked', tone: 'soon', count: cases })
  else if (since > 0 && nowMs - since >= UNBACKED_MS_MIN) notes.push({ kind: 'unbacked', tone: 'soon', count: unbacked })
  return notes
}

function notesOfCount(overview: Overview, kind: 'refused' | 'parked' | 'void', tone: Note['tone']): readonly Note[] {
  const count = (overview.problems[kind] ?? 0) + (kind === 'void' ? (overview.problems['unknown'] ?? 0) : 0)
  return count > 0 ? [{ kind, tone, count }] : []
}

function rank(note: Note): number {
  return note.tone === 'wrong' ? 0 : 1
}

/** The highest device number so far: numbers are given in order, so what comes later has a higher one. */
export function lastNumber({ points }: Overview): number {
  return Math.max(0, ...points.flatMap(({ devices }) => devices.map(({ number }) => number)))
}

/** The device that was enrolled at a point after this number, if one was. */
export function newcomer({ points }: Overview, point: string, kind: string, after: number): Device | null {
  const here = points.find(({ id }) => id === point)?.devices ?? []
  return here.find((device) => device.number > after && device.kind === kind) ?? null
}
