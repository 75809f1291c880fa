/** Whatever needs somebody about a device is said, worst first; and figures never flatter. */
import { describe, expect, it } from 'vitest'
import type { DeviceDetail, Loss } from './replicas'
import { feedText, rangeText, sizeText, stepsOf } from './steps'

const NOW = 1_795_000_000_000
const UNPARTED = { parted_n: 0, parted_ms: 0 }

const DEVICE: DeviceDetail['device'] = {
  number: 12,
  name: '二号窗口',
  kind: 'tablet',
  point: 'HALL',
  last_seq: 4,
  last_contact_ms: NOW - 5_000,
  unsent: 0,
  refused: 0,
  unsent_attachments: 0,
  app_version: '0.1.0',
  clock_offset_ms: 0,
  revoked_ms: 0,
  revoked_reason: '',
  forked_ms: 0,
}
const CALM: DeviceDetail = {
  hub_ms: NOW,
  epoch: 1,
  device: DEVICE,
  point_name: '大厅',
  former: [],
  successor: 0,
  stand: { last_seq: 4, known_seq: 4, epoch: 1, storage: 'persistent', used_bytes: 10, quota_bytes: 100 },
  counts: { refused: 0, parked: 0, void: 0, forked: 0 },
  problems: [],
  branches: [],
  losses: [],
  readings: [{ device: 12, feed: 'zone', n: 9, head_n: 9, state: 'same', ...UNPARTED }],
  titles: {},
  uploads: 0,
}

const loss = (kind: Loss['kind']): Loss => ({ device: 12, device_name: '', point: 'HALL', first_seq: 2, last_seq: 5, kind, successor: 0, last_contact_ms: 0 })
const ids = (change: Partial<DeviceDetail>): readonly string[] => stepsOf({ ...CALM, ...change }, NOW).map(({ id, tone }) => `${id.replace('step.', '')} ${tone}`)

describe('stepsOf', () => {
  it('is empty where nothing is to be done', () => {
    expect(ids({})).toEqual([])
    expect(ids({ losses: [loss('unsent')], readings: [{ device: 12, feed: 'zone', n: 1, head_n: 9, state: 'behind', ...UNPARTED }] })).toEqual([])
    expect(ids({ stand: null })).toEqual([])
  })

  it.each([
    [{ device: { ...DEVICE, forked_ms: 1 } }, 'forked wrong'],
    [{ losses: [loss('set-back')] }, 'setBack wrong'],
    [{ losses: [loss('awaited')] }, 'awaited soon'],
    [{ readings: [{ device: 12, feed: 'zone', n: 9, head_n: 9, state: 'differs' as const, ...UNPARTED }] }, 'differs wrong'],
    [{ readings: [{ device: 12, feed: 'zone', n: 10, head_n: 9, state: 'ahead' as const, ...UNPARTED }] }, 'differs wrong'],
    [{ epoch: 900 }, 'oldEpoch soon'],
    [{ counts: { ...CALM.counts, refused: 2 } }, 'refused wrong'],
    [{ counts: { ...CALM.counts, parked: 2 } }, 'parked soon'],
    [{ device: { ...DEVICE, unsent: 3, last_contact_ms: NOW - 3_600_000 } }, 'stuck soon'],
    [{ device: { ...DEVICE, unsent_attachments: 1, last_contact_ms: NOW - 90_000_000 } }, 'stuck wrong'],
    [{ device: { ...DEVICE, clock_offset_ms: 400_000 } }, 'clock soon'],
    [{ stand: { last_seq: 4, known_seq: 4, epoch: 1, storage: 'failing', used_bytes: 0, quota_bytes: 0 } }, 'storageFailing wrong'],
    [{ stand: { last_seq: 4, known_seq: 4, epoch: 1, storage: 'best-effort', used_bytes: 79, quota_bytes: 100 } }, 'bestEffort soon'],
    [{ stand: { last_seq: 4, known_seq: 4, epoch: 1, storage: 'persistent', used_bytes: 80, quota_bytes: 100 } }, 'storageFull soon'],
  ])('%j: %s', (change, id) => {
    expect(ids(change)).toEqual([id])
  })

  it('puts what is wrong first', () => {
    expect(ids({ epoch: 900, losses: [loss('set-back'), loss('awaited')] })).toEqual(['setBack wrong', 'awaited soon', 'oldEpoch soon'])
  })

  it('of a revoked device says only what becomes of what it had left', () => {
    const device = { ...DEVICE, revoked_ms: 1, forked_ms: 1 }
    expect(ids({ device })).toEqual(['revoked soon'])
    expect(ids({ device, losses: [loss('revoked')] })).toEqual(['lostWithIt wrong'])
    expect(ids({ device, losses: [loss('renewed')], successor: 20 })).toEqual(['renewed soon'])
  })
})

it('names scopes, ranges and sizes as people do', () => {
  expect(['zone', 'point:JZ', 'dept:SCJG', 'person:ab', 'new:x'].map((name) => feedText({ name, title: '' }))).toEqual(['全区公用', '点位 JZ', '部门 SCJG', '一位申请人', 'new:x'])
  expect(feedText({ name: 'point:JZ', title: '九站' })).toBe('点位 九站')
  expect([rangeText({ first_seq: 2, last_seq: 2 }), rangeText({ first_seq: 2, last_seq: 5 })]).toEqual(['第 2 条', '第 2 至 5 条（共 4 条）'])
  expect([0, 999, 1_500, 12_000_000, 5e9, 3e13].map(sizeText)).toEqual(['0.0 kB', '1.0 kB', '1.5 kB', '12 MB', '5.0 GB', '30000 GB'])
})
