// An answer over HTTP that the device is out of service: nobody has signed it, so nothing is dropped until the hub does.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { MemoryStore } from '../store/memory';
import type { Engine } from './engine';
import type { FakeHub } from './testing/hub';
import { CASE, draft, photographed, PIN, Profile, takeIn, until, valueOf, whenStatus } from './testing/profile';

const SENT = Uint8Array.of(255, 216, 1);
const LATER = Uint8Array.of(255, 216, 2);

let profile: Profile;
let hub: FakeHub;
let store: MemoryStore;

/** How many photographs, feeds and unlockable people are kept. */
const kept = async (): Promise<number[]> => [
  (await store.photos()).length,
  (await store.feeds()).length,
  (await store.users()).filter(({ wrapped }) => wrapped !== null).length,
];

async function atWork(): Promise<Engine> {
  const engine = await profile.atWork();
  valueOf(await engine.setPin(PIN));
  await takeIn(engine, draft(CASE, await photographed(engine, SENT)));
  await whenStatus(engine, ({ unsent }) => unsent === 0);
  await until(engine, async () => (await kept()).join() === '1,2,1');
  return engine;
}

/** Whoever answers for the hub says so to every request under this path; how many there were. */
function claimRevoked(path: string): () => number {
  let asked = 0;
  vi.stubGlobal('fetch', (url: string, init?: RequestInit) => {
    const { pathname } = new URL(url);
    if (pathname === '/api/challenge' && hub.down) return Promise.resolve(Response.json({ challenge: 'A'.repeat(43) }));
    if (!pathname.startsWith(path)) return hub.fetch(url, init);
    asked += 1;
    return Promise.resolve(Response.json({ code: 'device-revoked', message: '', params: {} }, { status: 403 }));
  });
  return () => asked;
}

beforeEach(async () => {
  profile = await Profile.make();
  ({ hub, store } = profile);
  vi.stubGlobal('fetch', hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

it('drops nothing for the answer to a sign-in, nor at the next start, and takes it back when a greeting denies it', async () => {
  const engine = await atWork();
  await profile.cutLine(engine);
  claimRevoked('/api/sign-in');
  expect(await engine.signIn('li', 'right')).toMatchObject({ ok: false, code: 'device-revoked' });
  await whenStatus(engine, ({ revokedMs, reach }) => revokedMs > 0 && reach === 'none');
  expect(await kept()).toEqual([1, 2, 1]);
  const [user] = (await engine.status()).users;
  await engine.close();
  const again = await profile.tab();
  valueOf(await again.unlock(user?.id ?? '', PIN));
  await whenStatus(again, ({ revokedMs, reach }) => revokedMs > 0 && reach === 'none');
  expect(await kept()).toEqual([1, 2, 1]);
  await profile.restoreLine(again);
  await whenStatus(again, ({ revokedMs }) => revokedMs === 0);
  expect(await kept()).toEqual([1, 2, 1]);
});

it('keeps the photograph that a hub of a new epoch lacks, though a sign-in told of the revocation before', async () => {
  const engine = await atWork();
  await profile.cutLine(engine);
  hub.restore(12, 0);
  hub.uploads.stored.clear();
  hub.revoked.add(12);
  claimRevoked('/api/sign-in');
  await engine.signIn('li', 'right');
  await profile.restoreLine(engine);
  await until(engine, async () => (await store.feeds()).map(({ feed }) => feed).join() === 'zone');
  expect((await store.photos()).map(({ sentMs }) => sentMs)).toEqual([0]);
});

it('drops when the greeting that is asked for confirms it', async () => {
  const engine = await atWork();
  hub.revoked.add(12);
  claimRevoked('/api/sign-in');
  await engine.signIn('li', 'right');
  await until(engine, async () => (await kept()).slice(1).join() === '1,0');
});

it('asks for one greeting when an upload is answered so, and is in service when that says so', async () => {
  const engine = await atWork();
  let greetings = 0;
  hub.fate = (_, message) => {
    if (message.type === 'hello') greetings += 1;
    return 'pass';
  };
  const asked = claimRevoked('/api/uploads');
  await takeIn(engine, draft('bb'.repeat(16), await photographed(engine, LATER)));
  await vi.waitFor(() => { expect(asked()).toBeGreaterThan(2); });
  expect(greetings).toBe(1);
  expect((await engine.status()).revokedMs).toBe(0);
  expect(await kept()).toEqual([2, 2, 1]);
  vi.stubGlobal('fetch', hub.fetch);
  await engine.syncNow();
  await whenStatus(engine, ({ unsentPhotos }) => unsentPhotos === 0);
});
