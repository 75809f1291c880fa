// Along a tablet's log the clock only grows, since the hub refuses what goes back behind its own log: over restarts,
// locks, clocks set back, readings of others, colleagues and tabs.

import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';

import { makeDeviceKey } from '../net/sign';
import { IndexedStore } from '../store/indexed';
import { MemoryStore } from '../store/memory';
import { CLOCK_START, type DeviceRow, type Store } from '../store/port';
import { compareBytes, fromHex } from '../sync/bytes';
import { unpack } from '../sync/clock';
import { decodeHead } from '../sync/event';
import { Tablet } from './tablet';
import { localLocks, type Locks } from './tabs';
import { openVault, type Vault } from './vault';

const NOW_MS = 1_795_400_000_000;
const CLERKS = ['aa'.repeat(16), 'bb'.repeat(16)] as const;
const STREAM = fromHex('01902d6a4c007a00a00000000000000a');

let vault: Vault;
let device: DeviceRow;
let locks: Locks;
let wallMs: number;

beforeEach(async () => {
  vault = await openVault({ tablet: new Uint8Array(32), user: new Uint8Array(32) });
  const bytes = new Uint8Array(16);
  const point = { id: 'HALL', name: '' };
  device = { number: 12, name: '', kind: 'tablet', point, zone: bytes, hubKey: bytes, epoch: 0, ...(await makeDeviceKey()) };
  locks = localLocks();
  wallMs = NOW_MS;
});

/** The page is opened, or the tablet unlocked again. */
const open = (store: Store, wall = () => wallMs): Promise<Tablet> => Tablet.open(store, device, vault, locks, wall, []);

async function write(tablet: Tablet, clerk: string = CLERKS[0]): Promise<void> {
  const authored = { type: 'case.accept', stream: STREAM, body: {} } as const;
  expect(await tablet.append(clerk, () => Promise.resolve({ authored, counter: null, draftDone: null, renews: null }))).toEqual({ ok: true });
}

/** The clocks of the whole log, in milliseconds and counts; each greater than the one before. */
async function clocks(store: Store): Promise<[number, number][]> {
  const tablet = await open(store);
  const heads = Array.from({ length: tablet.lastSeq }, (_, i) => decodeHead(tablet.eventAt(i + 1) ?? STREAM));
  heads.slice(1).forEach(({ hlc }, i) => {
    expect(compareBytes(hlc, heads[i]?.hlc ?? STREAM)).toBeGreaterThan(0);
  });
  return heads.map(({ hlc }) => [unpack(hlc).ms, unpack(hlc).counter]);
}

function clockContract(name: string, make: () => () => Promise<Store>): void {
  describe(name, () => {
    /** The store, as it is found after a restart. */
    let store: () => Promise<Store>;
    beforeEach(async () => {
      store = make();
      expect(await (await store()).putDevice(device, CLOCK_START)).toEqual({ ok: true });
    });

    it('grows over a restart with the clock set back, and goes on with the wall when that has caught up', async () => {
      await write(await open(await store()));
      wallMs -= 86_400_000;
      await write(await open(await store()));
      await write(await open(await store()));
      wallMs = NOW_MS + 7;
      await write(await open(await store()));
      expect(await clocks(await store())).toEqual([[NOW_MS, 0], [NOW_MS, 1], [NOW_MS, 2], [NOW_MS + 7, 0]]);
    });

    it('grows over what was written by a clock far ahead', async () => {
      wallMs += 10 * 86_400_000;
      await write(await open(await store()));
      wallMs = NOW_MS;
      await write(await open(await store()));
      expect(await clocks(await store())).toEqual([[NOW_MS + 10 * 86_400_000, 0], [NOW_MS + 10 * 86_400_000, 1]]);
    });

    it('never goes before the hub, and keeps its own reading when the hub is heard', async () => {
      const tablet = await open(await store());
      await tablet.keepHubTime(NOW_MS + 500, -500);
      await write(tablet);
      await tablet.keepHubTime(NOW_MS + 100, -100);
      await write(await open(await store()));
      expect(await clocks(await store())).toEqual([[NOW_MS + 500, 0], [NOW_MS + 500, 1]]);
    });

    it('is one for the colleagues and the tabs of a tablet', async () => {
      const behind = (): number => wallMs - 3_000;
      const tabs = [await open(await store()), await open(await store(), behind)] as const;
      for (let i = 0; i < 6; i += 1) await write(tabs[i % 2 === 0 ? 0 : 1], CLERKS[i % 2 === 0 ? 0 : 1]);
      await Promise.all([write(tabs[0]), write(tabs[1]), write(tabs[1]), write(tabs[0])]);
      expect((await clocks(await store())).length).toBe(10);
    });

    it('is that of the log where its own record is gone', async () => {
      await write(await open(await store()));
      await (await store()).putDevice(device, CLOCK_START);
      wallMs -= 1;
      await write(await open(await store()));
      expect(await clocks(await store())).toEqual([[NOW_MS, 0], [NOW_MS, 1]]);
    });
  });
}

clockContract('in memory', () => {
  const store = new MemoryStore();
  return () => Promise.resolve(store);
});
clockContract('in IndexedDB', () => {
  const name = `clock ${String(Math.random())}`;
  return () => IndexedStore.open(name);
});
