// A hub restored from a backup of before this tablet's enrolment: the tablet shows what was signed for it, and goes on.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { Engine } from './engine';
import type { FakeHub } from './testing/hub';
import { Profile, takeIn, until, valueOf, whenStatus } from './testing/profile';

const DEVICE = 12;
let profile: Profile;
let hub: FakeHub;

const allConfirmed = async (engine: Engine): Promise<boolean> => (await engine.cases({})).every(({ tick }) => tick === 3);
const held = (): number => hub.logs.get(DEVICE)?.events.length ?? 0;

/** Nothing of the tablet is known at the hub any more. */
async function loseTablet(engine: Engine): Promise<void> {
  await profile.cutLine(engine);
  hub.restore(DEVICE, 0);
  hub.lost.add(DEVICE);
}

beforeEach(async () => {
  profile = await Profile.make();
  ({ hub } = profile);
  vi.stubGlobal('fetch', hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

it('brings all its work to a hub that has lost it, without anybody doing anything', async () => {
  const engine = await profile.atWork();
  await takeIn(engine);
  await until(engine, () => allConfirmed(engine));
  await loseTablet(engine);
  await profile.restoreLine(engine);
  await until(engine, async () => held() === 1 && (await allConfirmed(engine)));
  expect([hub.lost.size, (await engine.status()).problem]).toEqual([0, null]);
});

it('lets people sign in at a hub that has lost it', async () => {
  const engine = await profile.atWork();
  await loseTablet(engine);
  hub.down = false;
  valueOf(await engine.signIn('li', 'right'));
  expect(hub.lost.size).toBe(0);
});

it('is given at a sign-in what an earlier version was not given at the enrolment', async () => {
  hub.certifies = false;
  const engine = await profile.atWork();
  expect((await profile.store.findDevice())?.enrolments).toEqual([]);
  hub.certifies = true;
  valueOf(await engine.signIn('li', 'right'));
  expect((await profile.store.findDevice())?.enrolments).toMatchObject([{ content: Uint8Array.of(DEVICE) }]);
  await loseTablet(engine);
  await profile.restoreLine(engine);
  await until(engine, () => Promise.resolve(hub.lost.size === 0));
});

it('says that it is unknown where it has nothing to show, and loses nothing', async () => {
  hub.certifies = false;
  const engine = await profile.atWork();
  await loseTablet(engine);
  await takeIn(engine);
  await profile.restoreLine(engine);
  await whenStatus(engine, ({ problem }) => problem === 'device-unknown');
  expect((await engine.status()).unsent).toBe(1);
});

it('opens what is sealed here to who signed out, though the hub has lost the keys', async () => {
  const engine = await profile.atWork();
  await takeIn(engine);
  await until(engine, () => allConfirmed(engine));
  await loseTablet(engine);
  await engine.signOut();
  hub.loseKeys();
  hub.down = false;
  // A colleague is first, and brings the tablet's own.
  valueOf(await engine.signIn('zhao', 'right'));
  expect(await engine.cases({})).toHaveLength(1);
  await engine.signOut();
  valueOf(await engine.signIn('li', 'right'));
  await until(engine, () => allConfirmed(engine));
});
