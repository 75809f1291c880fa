// A hub that was restored from a backup, as a tablet meets it: nothing that the lost one said counts.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { MemoryStore } from '../store/memory';
import { toBase64Url, toHex } from '../sync/bytes';
import { decodeHead, findBody, type EventHead } from '../sync/event';
import type { Engine } from './engine';
import type { FakeHub } from './testing/hub';
import { CASE, draft, Profile, takeIn as takeInDraft, until, valueOf, whenStatus } from './testing/profile';

const DEVICE = 12;
const SIGNATURE = toBase64Url(new Uint8Array(64));
let profile: Profile;
let hub: FakeHub;
let store: MemoryStore;

const atWork = (): Promise<Engine> => profile.atWork();
const takeIn = (engine: Engine, id?: string): Promise<unknown> => takeInDraft(engine, draft(id));

const allConfirmed = async (engine: Engine): Promise<boolean> => (await engine.cases({})).every(({ tick }) => tick === 3);

/** A tablet whose one case was confirmed, of which the hub that was restored since knows nothing. */
async function confirmedBefore(restored = true): Promise<Engine> {
  const engine = await atWork();
  await takeIn(engine);
  await until(engine, () => allConfirmed(engine));
  await profile.cutLine(engine);
  if (restored) hub.restore(DEVICE, 0);
  return engine;
}

const hubIsBack = (engine: Engine): Promise<void> => profile.restoreLine(engine);
const heldByHub = (): number => hub.logs.get(DEVICE)?.events.length ?? 0;

beforeEach(async () => {
  profile = await Profile.make();
  ({ hub, store } = profile);
  vi.stubGlobal('fetch', hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

it('is told everything anew, though the new epoch could not be kept at first', async () => {
  const engine = await confirmedBefore();
  vi.spyOn(store, 'putEpoch').mockResolvedValueOnce({ ok: false, code: 'storage-failed', detail: 'disk' });
  await hubIsBack(engine);
  await until(engine, async () => heldByHub() === 1 && (await allConfirmed(engine)));
  expect((await store.findDevice())?.epoch).toBe(hub.epoch);
});

it('is not left for the one that it replaced', async () => {
  const lost = hub.epoch;
  const engine = await confirmedBefore();
  await hubIsBack(engine);
  await until(engine, async () => heldByHub() === 1 && (await allConfirmed(engine)));
  const restored = hub.epoch;
  hub.epoch = lost;
  hub.cut();
  await engine.syncNow();
  await whenStatus(engine, ({ problem }) => problem === 'epoch-over');
  const pushes = hub.pushes.length;
  await takeIn(engine, 'bb'.repeat(16));
  await engine.syncNow();
  expect([hub.pushes.length, await allConfirmed(engine)]).toEqual([pushes, false]);
  hub.epoch = restored;
  await engine.syncNow();
  await until(engine, () => allConfirmed(engine));
});

it('finds what it signed at a sign-in in front of the work done under it', async () => {
  hub.pass = { content: toBase64Url(Uint8Array.of(1, 2)), signature: SIGNATURE };
  const engine = await atWork();
  await takeIn(engine);
  // Signing in again under the same grant says nothing new; under another one it does.
  valueOf(await engine.signIn('li', 'right'));
  hub.pass = { ...hub.pass, content: toBase64Url(Uint8Array.of(4)) };
  valueOf(await engine.signIn('li', 'right'));
  await takeIn(engine, 'bb'.repeat(16));
  await takeIn(engine, 'cc'.repeat(16));
  await until(engine, async () => heldByHub() === 5 && (await allConfirmed(engine)));
  const heads = hub.logs.get(DEVICE)?.events.map(decodeHead) ?? [];
  expect(heads.map(({ type, actor, stream }) => [type, toHex(actor), toHex(stream)])).toEqual([
    ['grant.show', '', toHex(hub.account)],
    ['case.receive', toHex(hub.account), CASE],
    ['grant.show', '', toHex(hub.account)],
    ['case.receive', toHex(hub.account), 'bb'.repeat(16)],
    ['case.receive', toHex(hub.account), 'cc'.repeat(16)],
  ]);
  expect(findBody(heads[0] as EventHead)?.body).toEqual({ content: Uint8Array.of(1, 2), signature: new Uint8Array(64) });
});

it('closes to nobody what was written here, though it has lost the keys and made others', async () => {
  const engine = await atWork();
  await takeIn(engine);
  hub.keys.tablet = crypto.getRandomValues(new Uint8Array(32));
  const { id } = valueOf(await engine.signIn('li', 'right'));
  expect(await engine.cases({})).toHaveLength(1);
  valueOf(await engine.setPin('285739'));
  await engine.lock();
  valueOf(await engine.unlock(id, '285739'));
  expect(await engine.cases({})).toHaveLength(1);
});

it('is waited for without a word of grants in any list', async () => {
  hub.pass = { content: 'AQ', signature: SIGNATURE };
  const engine = await atWork();
  hub.down = true;
  hub.cut();
  hub.judge = () => ({ code: 'stream-missing', parked: true });
  hub.pass = { content: 'Ag', signature: SIGNATURE };
  await takeIn(engine);
  expect(await engine.outbox()).toMatchObject([{ type: 'case.receive' }]);
  expect((await engine.status()).unsent).toBe(1);
});

it('is asked again by a tablet that knew of no epochs when it was told', async () => {
  const engine = await confirmedBefore(false);
  const device = await store.findDevice();
  if (device === null) throw new Error('not enrolled');
  await store.putDevice({ ...device, epoch: 0 }, await store.clock());
  const pushes = hub.pushes.length;
  await hubIsBack(engine);
  await until(engine, async () => hub.pushes.length > pushes && (await allConfirmed(engine)));
  expect((await store.findDevice())?.epoch).toBe(hub.epoch);
});
