// What is wrong with this tablet's own log or storage stays said for as long as it is so, and not longer.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { MemoryStore } from '../store/memory';
import { draft, PIN, Profile, takeIn, until, valueOf, whenStatus } from './testing/profile';

let profile: Profile;

beforeEach(async () => {
  profile = await Profile.make();
  vi.stubGlobal('fetch', profile.hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

it('says that the hub has another log under this number, also after the greeting', async () => {
  const { hub } = profile;
  const engine = await profile.atWork();
  await takeIn(engine);
  await whenStatus(engine, ({ unsent }) => unsent === 0);
  await profile.cutLine(engine);
  // A copy of this profile has pushed something else meanwhile.
  const log = hub.logs.get(12);
  log?.links.splice(0, 1, new Uint8Array(32));
  await profile.restoreLine(engine);
  await whenStatus(engine, ({ reach }) => reach === 'hub');
  expect((await engine.status()).problem).toBe('chain-fork');
});

it('says that this storage was set back, also after the greeting', async () => {
  const engine = await profile.atWork();
  valueOf(await engine.setPin(PIN));
  const id = (await engine.status()).account?.id ?? '';
  await takeIn(engine);
  await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
  const device = await profile.store.findDevice();
  await engine.close();
  const emptied = new MemoryStore();
  if (device !== null) await emptied.putDevice(device, await profile.store.clock());
  for (const user of await profile.store.users()) await emptied.putUser(user);
  const again = await profile.tab(emptied);
  valueOf(await again.unlock(id, PIN));
  await whenStatus(again, ({ reach }) => reach === 'hub');
  expect((await again.status()).problem).toBe('storage-lost');
});

it('says that the storage is full until a write goes through again', async () => {
  const engine = await profile.atWork();
  await profile.cutLine(engine);
  vi.spyOn(profile.store, 'putDraft').mockResolvedValueOnce({ ok: false, code: 'storage-full', detail: 'quota' });
  expect(await engine.saveDraft(draft())).toEqual({ ok: false, code: 'storage-full' });
  expect(await engine.status()).toMatchObject({ storage: 'failing', problem: 'storage-full' });
  valueOf(await engine.saveDraft(draft()));
  expect(await engine.status()).toMatchObject({ storage: 'persistent', problem: null });
});

it('names what is wrong with the storage when it cannot keep what the hub says', async () => {
  const engine = await profile.atWork();
  vi.spyOn(profile.store, 'settle').mockResolvedValueOnce({ ok: false, code: 'storage-full', detail: 'quota' });
  await takeIn(engine);
  await whenStatus(engine, ({ problem }) => problem === 'storage-full');
  await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
});

it('says that this program failed where nothing else did', async () => {
  const engine = await profile.atWork();
  const logged = vi.spyOn(console, 'error').mockReturnValue(undefined);
  const thrown = new TypeError('a fault of ours');
  vi.spyOn(profile.store, 'settle').mockRejectedValueOnce(thrown);
  await takeIn(engine);
  await whenStatus(engine, ({ problem }) => problem === 'app-failed');
  expect(logged).toHaveBeenCalledWith(thrown);
  await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
});
