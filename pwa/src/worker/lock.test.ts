// After the lock nobody's keys are in any tab, however the tabs were in the middle of opening.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Tablet } from './tablet';
import { PIN, Profile, valueOf } from './testing/profile';

let profile: Profile;

beforeEach(async () => {
  profile = await Profile.make();
  vi.stubGlobal('fetch', profile.hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

/** Lets every read of the feeds wait until the answer is called, as a large store does. */
function slowStore(): () => void {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => { release = resolve; });
  const feeds = profile.store.feeds.bind(profile.store);
  vi.spyOn(profile.store, 'feeds').mockImplementation(async () => {
    await held;
    return feeds();
  });
  return release;
}

it('closes a tab that was still taking over the keys of another', async () => {
  const first = await profile.atWork();
  const release = slowStore();
  const opening = vi.spyOn(Tablet, 'open');
  const second = await profile.tab();
  // The first hands its keys over; the second reads what is stored; then somebody locks.
  await vi.waitFor(() => { expect(profile.store.feeds).toHaveBeenCalled(); });
  await first.lock();
  release();
  expect(opening).toHaveBeenCalledTimes(1);
  await opening.mock.results[0]?.value;
  // Whatever it still does with it takes no longer than this.
  for (let i = 0; i < 10; i += 1) await second.status();
  expect((await second.status()).account).toBeNull();
});

it('answers an unlocking that was locked over', async () => {
  const engine = await profile.atWork();
  valueOf(await engine.setPin(PIN));
  const id = (await engine.status()).account?.id ?? '';
  await engine.lock();
  const release = slowStore();
  const unlocking = engine.unlock(id, PIN);
  await vi.waitFor(() => { expect(profile.store.feeds).toHaveBeenCalled(); });
  await engine.lock();
  release();
  expect(await unlocking).toEqual({ ok: false, code: 'locked' });
  expect((await engine.status()).account).toBeNull();
});
