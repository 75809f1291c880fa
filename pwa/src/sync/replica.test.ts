// What the author of a new event names as seen, so that work is never judged without what it rested on.

import { expect, it } from 'vitest';

import { toHex } from './bytes';
import { pack } from './clock';
import { encodeEvent, type BodyByType, type EventType } from './event';
import type { FullEntry } from './fold';
import { EVENT_SEEN_COUNT_MAX } from './generated/limits';
import { HUB_DEVICE, Replica } from './replica';

const DEVICE = 12;
const STREAM = new Uint8Array(16).fill(7);

function entry<K extends EventType>(position: number, device: number, seq: number, type: K, body: Partial<BodyByType[K]>, stream = STREAM): FullEntry {
  return [position, device, seq, 9, encodeEvent({ type, stream, hlc: pack(position, 0), actor: new Uint8Array(16), base: 0, seen: [], body })];
}

function told<K extends EventType>(position: number, type: K, body: Partial<BodyByType[K]>): FullEntry {
  return entry(position, HUB_DEVICE, position, type, body, new Uint8Array(16).fill(100 + position));
}

function seen(replica: Replica): [number, number][] {
  return replica.cases.get(toHex(STREAM))?.seen(DEVICE, replica.durable) ?? [];
}

it('is what others wrote there and a restore could lose: unconfirmed, or in no backup', () => {
  const replica = new Replica(DEVICE);
  const edits = [entry(3, 8, 1, 'case.edit', {}), entry(4, 9, 1, 'case.edit', {}), entry(5, DEVICE, 2, 'case.edit', {})];
  replica.take([...edits, entry(6, HUB_DEVICE, 3, 'case.number', { case_no: '1' })], 10);
  replica.hear([entry(0, 7, 3, 'case.edit', {})], 10);
  expect(seen(replica)).toEqual([[7, 3], [9, 1], [8, 1]]);

  replica.take([told(7, 'backup.made', { position: 3, taken_ms: 1 })], 10);
  expect(seen(replica)).toEqual([[7, 3], [9, 1]]);
  replica.take([told(8, 'epoch.begin', { after: 6, backed_up_ms: 1, restored_ms: 2 })], 10);
  expect(seen(replica)).toEqual([[7, 3]]);
  replica.take([told(9, 'backup.made', { position: 2, taken_ms: 1 })], 10);
  expect(seen(replica)).toEqual([[7, 3]]);
});

it('is never more than an event may name, the newest first', () => {
  const replica = new Replica(DEVICE);
  const count = EVENT_SEEN_COUNT_MAX + 5;
  replica.take(Array.from({ length: count }, (_, i) => entry(i + 1, 9, i + 1, 'case.edit', {})), 10);
  const named = seen(replica);
  expect([named.length, named[0]]).toEqual([EVENT_SEEN_COUNT_MAX, [9, count]]);
});
