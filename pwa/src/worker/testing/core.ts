// One unlocked tab without a line, for tests of the engine's parts: on a store that others may share.

import type { Store, DeviceRow, UserRow } from '../../store/port';
import { Core } from '../core';
import { Tablet } from '../tablet';
import { localLocks, silentChannel, type Locks } from '../tabs';
import { openVault } from '../vault';

export interface Sitting {
  /** Whoever is at it; `key`: of which that person's own key is made. */
  id: string;
  key: number;
  locks?: Locks;
  nowMs?: number;
}

export async function sit(store: Store, { id, key, locks = localLocks(), nowMs = 7 }: Sitting): Promise<Core> {
  const now = (): number => nowMs;
  const core = new Core({ store, hub: { origin: '' }, locks, channel: silentChannel(), now, random: () => 0, appVersion: '', space: () => Promise.resolve({ persistent: true, usedBytes: 0, quotaBytes: 0 }) });
  const user = { id, username: '', name: '', roles: [], feeds: [], grantUntilMs: 0, salt: new Uint8Array(1), wrapped: null, failures: 0, retryAtMs: 0 } satisfies UserRow;
  const vault = await openVault({ tablet: new Uint8Array(32), user: new Uint8Array(32).fill(key) });
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const device: DeviceRow = { number: 12, name: '', kind: 'tablet', point: { id: 'HALL', name: '' }, zone: new Uint8Array(16), publicKey, privateKey: pair.privateKey, hubKey: publicKey, epoch: 0 };
  core.unlocked = { user, vault, tablet: await Tablet.open(store, device, vault, locks, now, []) };
  return core;
}
