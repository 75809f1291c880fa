/** One look answers: is every point alive, is anything stuck. */
import { describe, expect, it } from 'vitest'
import type { Device, Overview } from './api'
import { healthOf, lastNumber, newcomer, notesOf, SILENT_MS_MIN, STUCK_MS_MIN, totalsOf, UNBACKED_MS_MIN } from './health'

const NOW = 1_795_000_000_000

function device(change: Partial<Device> = {}): Device {
  return {
    number: 12,
    name: '二号窗口',
    kind: 'tablet',
    point: 'HALL',
    last_contact_ms: NOW - 5_000,
    unsent: 0,
    refused: 0,
    unsent_attachments: 0,
    app_version: '0.1.0',
    clock_offset_ms: 0,
    revoked_ms: 0,
    revoked_reason: '',
    forked_ms: 0,
    ...change,
  }
}

function overview(devices: readonly Device[], problems: Record<string, number> = {}): Overview {
  const data = { unbacked: 0, unbacked_since_ms: 0, backed_ms: 1, lost: 0, differing: 0 }
  return { ...data, hub_ms: NOW, cases: 0, cases_photos_missing: 0, problems, points: [{ id: 'HALL', name: '大厅', cases: 0, devices }] }
}

const kinds = (value: Overview): readonly string[] => notesOf(value, NOW).map(({ kind, tone }) => `${kind} ${tone}`)

describe('healthOf', () => {
  it.each([
    [{}, 'online'],
    [{ last_contact_ms: NOW - 61_000 }, 'offline'],
    [{ last_contact_ms: NOW - SILENT_MS_MIN }, 'silent'],
    [{ last_contact_ms: 0 }, 'never'],
    [{ forked_ms: NOW }, 'forked'],
    [{ forked_ms: NOW, revoked_ms: NOW }, 'revoked'],
  ] as const)('%j is %s', (change, health) => {
    expect(healthOf(device(change), NOW)).toBe(health)
  })
})

describe('notesOf', () => {
  it('is empty when a device is online and nothing waits', () => {
    expect(kinds(overview([device()]))).toEqual([])
  })

  it('does not mind one device off with everything sent while another is on', () => {
    expect(kinds(overview([device(), device({ last_contact_ms: NOW - SILENT_MS_MIN })]))).toEqual([])
  })

  it('names a point without a device online, and one without a device', () => {
    expect(kinds(overview([device({ last_contact_ms: NOW - 90_000 })]))).toEqual(['pointSilent soon'])
    expect(kinds(overview([]))).toEqual(['pointEmpty soon'])
    expect(kinds(overview([device({ revoked_ms: NOW })]))).toEqual(['pointEmpty soon'])
  })

  it('gathers silent points in one note', () => {
    const two = overview([device({ last_contact_ms: NOW - 90_000 })])
    const points = [...two.points, { id: 'JZ', name: '九站', cases: 0, devices: [device({ last_contact_ms: NOW - 90_000 })] }]
    expect(notesOf({ ...two, points }, NOW)).toMatchObject([{ kind: 'pointSilent', count: 2 }])
  })

  it('names a device that is off with work or photos unsent, the longer the worse', () => {
    const off = { last_contact_ms: NOW - STUCK_MS_MIN, unsent: 3, unsent_attachments: 2 }
    expect(notesOf(overview([device(), device(off)]), NOW)).toMatchObject([{ kind: 'stuck', tone: 'soon', count: 5 }])
    const long = { ...off, last_contact_ms: NOW - SILENT_MS_MIN }
    expect(kinds(overview([device(), device(long)]))).toEqual(['stuck wrong'])
  })

  it('names what is lost, what differs, and what has been in no backup for over a day', () => {
    const calm = overview([device()])
    expect(kinds({ ...calm, lost: 1, differing: 2 })).toEqual(['lost wrong', 'differs wrong'])
    expect(kinds({ ...calm, unbacked: 9, unbacked_since_ms: NOW - UNBACKED_MS_MIN + 1 })).toEqual([])
    expect(kinds({ ...calm, unbacked: 9, unbacked_since_ms: NOW - UNBACKED_MS_MIN })).toEqual(['unbacked soon'])
    // That there is none at all does not wait for a day, once there is work to lose.
    expect(kinds({ ...calm, cases: 3, unbacked: 9, unbacked_since_ms: NOW - 1, backed_ms: 0 })).toEqual(['neverBacked soon'])
    expect(kinds({ ...calm, cases: 0, unbacked: 9, unbacked_since_ms: NOW - 1, backed_ms: 0 })).toEqual([])
  })

  it('puts what is wrong before what is only worth an eye', () => {
    const value = overview([device({ clock_offset_ms: -400_000 }), device({ forked_ms: NOW })], { void: 1, unknown: 1, refused: 2 })
    expect(kinds(value)).toEqual(['forked wrong', 'refused wrong', 'clock soon', 'void soon'])
    expect(notesOf(value, NOW).at(-1)?.count).toBe(2)
  })
})

it('totalsOf leaves revoked devices out', () => {
  const value = overview([device({ unsent: 2 }), device({ unsent: 5, revoked_ms: NOW }), device({ last_contact_ms: 0, unsent_attachments: 1 })])
  expect(totalsOf(value, NOW)).toEqual({ devices: 2, online: 1, unsent: 2, photos: 1 })
})

describe('newcomer', () => {
  it('is the device of the kind that came to the point after the code was made', () => {
    const before = overview([device({ number: 2 }), device({ number: 3, kind: 'desk' })])
    expect(lastNumber(before)).toBe(3)
    expect(newcomer(before, 'HALL', 'tablet', 3)).toBeNull()
    const after = overview([device({ number: 2 }), device({ number: 4, kind: 'desk' }), device({ number: 5 })])
    expect(newcomer(after, 'HALL', 'tablet', 3)?.number).toBe(5)
    expect(newcomer(after, 'JZ', 'tablet', 3)).toBeNull()
  })
})
