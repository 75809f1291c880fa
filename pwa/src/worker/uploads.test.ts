// Photographs behind an engine: they wait for events, go on where they were, and hold up nothing.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { ItemRecord } from '../forms/item';
import { MemoryStore } from '../store/memory';
import { own, fromHex, type Bytes } from '../sync/bytes';
import type { Draft, Result } from './api';
import { Engine } from './engine';
import { localLocks, silentChannel } from './tabs';
import { FakeHub } from './testing/hub';
import { PATIENCE_MS } from './uploads';

const catalogue = JSON.parse(readFileSync(fileURLToPath(new URL('../../../server/zone/catalogue.json', import.meta.url)), 'utf8')) as {
  items: ItemRecord[];
};
const ITEM = catalogue.items[0] as ItemRecord;
const FIELDS = {
  proposedName: '吉林小吃店',
  operatorName: '王小明',
  operatorIdNo: '11010519491231002X',
  contactPhone: '13800000000',
  businessAddress: '吉林经开区一号',
  businessScope: '餐饮',
  compose: '个人经营',
};
const CLERK = { role: 'window_clerk', point: 'HALL', dept: '', from_ms: 0, until_ms: 0 };

let hub: FakeHub;
let store: MemoryStore;
const open: Engine[] = [];

function photo(size: number): Bytes {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + size) % 251);
}

function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.code);
  return result.value;
}

async function until(engine: Engine, ask: () => Promise<boolean>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let stop = (): void => undefined;
    const look = (): void => {
      ask().then((done) => {
        if (!done) return;
        stop();
        resolve();
      }, reject);
    };
    engine.subscribe(look).then((unsubscribe) => {
      stop = unsubscribe;
      look();
    }, reject);
  });
}

async function start(): Promise<Engine> {
  const surface = { store, hub: { origin: 'http://hub.test' }, locks: localLocks(), channel: silentChannel(), now: () => hub.nowMs, random: () => 0.01, appVersion: '0.1.0' };
  const settings = { socket: hub.wire(), http: hub.wire(), random: () => 0.01, tickMs: 50, httpSpellMs: 60_000 };
  const engine = await Engine.start(surface, settings, () => Promise.resolve(true));
  open.push(engine);
  return engine;
}

async function atWork(): Promise<Engine> {
  const engine = await start();
  if ((await engine.status()).device === null) valueOf(await engine.enrol('CODE', '平板1'));
  valueOf(await engine.signIn('li', 'right'));
  await until(engine, async () => (await engine.reference()).items.length > 0);
  return engine;
}

async function takeIn(engine: Engine, id: string, ...photos: Bytes[]): Promise<void> {
  const refs = [];
  for (const bytes of photos) refs.push(valueOf(await engine.savePhoto(own(bytes).buffer, 'image/jpeg')));
  const materials = photos.length === 0 ? [] : [{ id: ITEM.materials[0]?.id ?? '', status: 'provided' as const, photos: refs, note: '' }];
  const draft: Draft = { id: id.repeat(16), itemId: ITEM.id, window: 'HALL-W01', fields: FIELDS, materials, updatedMs: 0 };
  valueOf(await engine.saveDraft(draft));
  valueOf(await engine.receive(draft.id));
}

const pieces = (): number[] => hub.uploads.heard.filter(({ method }) => method === 'PATCH').map(({ bytes }) => bytes);
const sum = (bytes: number[]): number => bytes.reduce((a, b) => a + b, 0);
const allSent = (engine: Engine): Promise<void> => until(engine, async () => (await engine.status()).unsent === 0);
const progress = async (engine: Engine): Promise<number> => (await engine.outbox()).find(({ type }) => type === 'photo')?.progress ?? 0;

/** Acknowledgements of everything after the first event are lost until they are let through. */
function loseAcks(): () => void {
  hub.fate = (way, message) => (way === 'down' && message.type === 'ack' && message.seq > 1 ? 'lose' : 'pass');
  return () => {
    hub.fate = () => 'pass';
  };
}

beforeEach(async () => {
  hub = await FakeHub.make();
  store = new MemoryStore();
  vi.stubGlobal('fetch', hub.fetch);
  const record = { ...ITEM, version: 'v1', aliases: [], searchKeys: { initials: '', full: '' } };
  hub.publish('item.publish', fromHex('01'.repeat(16)), { id: ITEM.id, record });
  hub.publish('account.set', hub.account, { username: 'li', name: '李受理', roles: [CLERK], closed: false });
});

afterEach(async () => {
  for (const engine of open.splice(0)) await engine.close();
  vi.unstubAllGlobals();
});

it('pauses between two pieces while an event waits, and goes on when it is acknowledged', async () => {
  const engine = await atWork();
  const letAcksThrough = loseAcks();
  let once = true;
  hub.uploads.keeps = async () => {
    if (once) {
      once = false;
      await takeIn(engine, '0b');
    }
  };
  const bytes = photo(200_000);
  await takeIn(engine, '0a', bytes);
  await until(engine, async () => (await progress(engine)) > 0);
  // The next piece was decided on in the moment that the progress of this one was told.
  expect(pieces()).toEqual([32_768]);
  expect(await progress(engine)).toBeCloseTo(32_768 / 200_000);
  letAcksThrough();
  hub.cut();
  await allSent(engine);
  expect(sum(pieces())).toBe(bytes.length);
});

it('does not wait for ever for a hub that acknowledges nothing', async () => {
  const engine = await atWork();
  loseAcks();
  await takeIn(engine, '0a');
  await allSent(engine);
  await takeIn(engine, '0b', photo(50_000));
  expect((await engine.status()).unsentPhotos).toBe(1);
  expect(pieces()).toEqual([]);
  hub.nowMs += PATIENCE_MS;
  await engine.syncNow();
  await until(engine, async () => (await engine.status()).unsentPhotos === 0);
  expect((await engine.status()).unsent).toBe(1);
});

it('goes on at the byte when the line breaks within a piece', async () => {
  const engine = await atWork();
  let breaks = 3;
  hub.uploads.breaksAfter = () => {
    breaks -= 1;
    return breaks >= 0 ? 1_000 : null;
  };
  await takeIn(engine, '0a', photo(100_000));
  await allSent(engine);
  expect(pieces().slice(0, 3)).toEqual([1_000, 1_000, 1_000]);
  expect(sum(pieces())).toBe(100_000);
});

it('goes on after a reload', async () => {
  const first = await atWork();
  hub.uploads.breaksAfter = () => {
    hub.down = true;
    return 20_000;
  };
  await takeIn(first, '0a', photo(100_000));
  await until(first, async () => (await first.status()).problem !== null || hub.down);
  await first.close();
  hub.uploads.breaksAfter = () => null;
  hub.down = false;
  const second = await atWork();
  await allSent(second);
  expect(sum(pieces())).toBe(100_000);
  expect((await second.cases({}))[0]?.tick).toBe(3);
});

it('sends small ones first', async () => {
  const engine = await atWork();
  await takeIn(engine, '0a', photo(90_000), photo(20_000), photo(60_000));
  await allSent(engine);
  expect([...hub.uploads.stored.values()].map(({ length }) => length)).toEqual([20_000, 60_000, 90_000]);
});
