// What is written into an act's sheet is kept like a draft: sealed for its author, there after a reload, never a draft itself.

import { expect, it } from 'vitest';

import { MemoryStore } from '../store/memory';
import type { DeviceRow, UserRow } from '../store/port';
import { Core } from './core';
import { openDrafts } from './drafts';
import { Tablet } from './tablet';
import { localLocks, silentChannel } from './tabs';
import { openVault } from './vault';
import { dropWords, keepWords, wordsOf } from './words';

const CASE = 'aa'.repeat(16);
const ACT = 'case.deny';

async function at(store: MemoryStore, id: string, key: number): Promise<Core> {
  const core = new Core({ store, hub: { origin: '' }, locks: localLocks(), channel: silentChannel(), now: () => 7, random: () => 0, appVersion: '' });
  const user = { id, username: '', name: '', roles: [], feeds: [], grantUntilMs: 0, salt: new Uint8Array(1), wrapped: null, failures: 0, retryAtMs: 0 } satisfies UserRow;
  const vault = await openVault({ tablet: new Uint8Array(32), user: new Uint8Array(32).fill(key) });
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const device: DeviceRow = { number: 12, name: '', kind: 'tablet', point: { id: 'HALL', name: '' }, zone: new Uint8Array(16), publicKey, privateKey: pair.privateKey, hubKey: publicKey, epoch: 0 };
  const tablet = await Tablet.open(store, device, vault, localLocks(), () => 7, []);
  core.unlocked = { user, vault, tablet };
  return core;
}

it('is there after a reload, for its author alone, and gone when it is done', async () => {
  const store = new MemoryStore();
  expect(await keepWords(await at(store, 'li', 1), CASE, ACT, { reason: '不属于本机关职权范围' })).toEqual({ ok: true, value: null });
  const again = await at(store, 'li', 1);
  expect(await wordsOf(again, CASE, ACT)).toEqual({ reason: '不属于本机关职权范围' });
  expect(await wordsOf(again, CASE, 'case.approve')).toBeNull();
  expect(await wordsOf(await at(store, 'wang', 2), CASE, ACT)).toBeNull();
  expect(again.unlocked === null ? null : await openDrafts(again, again.unlocked)).toEqual([]);
  const [row] = await store.drafts('li');
  expect(new TextDecoder().decode(row?.sealed)).not.toContain('职权');
  await dropWords(again, CASE, ACT);
  expect(await wordsOf(again, CASE, ACT)).toBeNull();
});
