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

it('is over in every tab when the hub has told one of them where the log ends', async () => {
  const first = await profile.atWork();
  valueOf(await first.setPin(PIN));
  const id = (await first.status()).account?.id ?? '';
  await profile.cutLine(first);
  await first.lock();
  valueOf(await first.unlock(id, PIN));
  const doubtful = { device: 12, lastSeq: 5, unsent: 5 };
  const second = await profile.tab();
  await second.attach(doubtful, () => undefined);
  await whenStatus(second, ({ problem }) => problem === 'storage-lost');
  valueOf(await second.saveDraft(draft()));
  expect(await second.receive(draft().id)).toMatchObject({ code: 'storage-lost' });
  await profile.restoreLine(first);
  await whenStatus(second, ({ reach }) => reach === 'hub');
  valueOf(await second.receive(draft().id));
  // A tab that is opened now, by what was remembered in the time of doubt, hears it too.
  const third = await profile.tab();
  await third.attach(doubtful, () => undefined);
  await whenStatus(third, ({ account }) => account !== null);
  await takeIn(third, draft('bb'.repeat(16)));
});

it('begins in every tab when the hub has told one of them of a longer log', async () => {
  const { hub } = profile;
  const first = await profile.atWork();
  await profile.cutLine(first);
  const second = await profile.tab();
  await whenStatus(second, ({ account }) => account !== null);
  // A copy of this profile has written on meanwhile.
  hub.logs.get(12)?.events.push(new Uint8Array(40));
  await profile.restoreLine(first);
  await whenStatus(second, ({ problem }) => problem === 'storage-lost');
  valueOf(await second.saveDraft(draft()));
  expect(await second.receive(draft().id)).toMatchObject({ code: 'storage-lost' });
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
