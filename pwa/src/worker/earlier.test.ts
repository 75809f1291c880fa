// What earlier versions left, a full outbox in it: upgraded and delivered; or, where it cannot be upgraded, read and exported.

import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { IndexedStore } from '../store/indexed';
import { keptVersion, VERSIONS } from '../store/schema';
import { dayOf } from './intake';
import { leaveAs, type Earlier } from './testing/earlier';
import { CASE, draft, photographed, PIN, Profile, takeIn, until, valueOf, whenStatus } from './testing/profile';

const OTHER = 'bb'.repeat(16);
const DRAFT = 'cc'.repeat(16);
const BROKEN = [...VERSIONS, { version: 3, tables: {}, upgrade: () => Promise.reject(new Error('a defect of the upgrade')) }];
const PHOTO = Uint8Array.from({ length: 3_000 }, (_, i) => i % 251);

let profile: Profile;
let databases = 0;

beforeEach(async () => {
  profile = await Profile.make();
  vi.stubGlobal('fetch', profile.hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Two cases unsent, one with a photograph, and a draft, as this version left them; the clerk's account. */
async function leave(earlier: Earlier): Promise<{ name: string; id: string }> {
  const engine = await profile.atWork();
  valueOf(await engine.setPin(PIN));
  const id = (await engine.status()).account?.id ?? '';
  await profile.cutLine(engine);
  await takeIn(engine, draft(CASE, await photographed(engine, PHOTO)));
  await takeIn(engine, draft(OTHER));
  valueOf(await engine.saveDraft(draft(DRAFT)));
  await engine.close();
  databases += 1;
  const name = `earlier-${String(databases)}`;
  await leaveAs(earlier, profile.store, profile.hub.keys, name, dayOf(profile.hub.nowMs));
  return { name, id };
}

it.each<Earlier>(['first', 'second'])('upgrades what the %s version left, and delivers it', async (earlier) => {
  const { name, id } = await leave(earlier);
  const store = await IndexedStore.open(name);
  const engine = await profile.tab(store);
  expect(await engine.attach({ device: 12, lastSeq: 0, unsent: 3 }, () => undefined)).toEqual({ ok: true, value: null });
  valueOf(await engine.unlock(id, PIN));
  expect(await engine.status()).toMatchObject({ unsent: 3, unsentPhotos: 1, problem: null });
  expect(valueOf(await engine.draft(DRAFT)).fields).toEqual(draft().fields);
  await profile.restoreLine(engine);
  await whenStatus(engine, ({ unsent }) => unsent === 0);
  await until(engine, async () => (await engine.cases({})).filter(({ tick }) => tick === 3).length === 2);
  expect([...profile.hub.uploads.stored.values()]).toEqual([PHOTO]);
  // The day's numbers go on after those that were given before.
  const { receiptNo } = await takeIn(engine, draft('dd'.repeat(16)));
  expect(receiptNo).toMatch(/-0003-.$/);
  expect((await store.former()).map(({ device }) => device)).toEqual(earlier === 'first' ? [] : [7]);
  expect(await keptVersion(name)).toBe(20);
});

it.each<Earlier>(['first', 'second'])('opens what the %s version left as it is when it cannot be upgraded', async (earlier) => {
  const { name, id } = await leave(earlier);
  const number = await keptVersion(name);
  await expect(IndexedStore.open(name, BROKEN)).rejects.toMatchObject({ code: 'storage-upgrade' });
  expect(await keptVersion(name)).toBe(number);
  const engine = await profile.tab(await IndexedStore.openAsKept(name, BROKEN));
  expect(await engine.attach(null, () => undefined)).toEqual({ ok: false, code: 'storage-upgrade' });
  expect(await engine.unlock(id, '111112')).toMatchObject({ code: 'pin-wrong' });
  valueOf(await engine.unlock(id, PIN));
  expect(await engine.status()).toMatchObject({ unsent: 3, problem: 'storage-upgrade', leader: false });
  expect(await engine.saveDraft(draft('ee'.repeat(16)))).toEqual({ ok: false, code: 'storage-upgrade' });
  expect(await engine.receive(DRAFT)).toEqual({ ok: false, code: 'storage-upgrade' });
  const file = valueOf(await engine.exportUnsent('correct horse'));
  expect(file.size).toBeGreaterThan(PHOTO.length);
  await engine.close();

  // The next start tries again, and by then the program was mended.
  const again = await profile.tab(await IndexedStore.open(name));
  valueOf(await again.unlock(id, PIN));
  expect(valueOf(await again.draft(DRAFT)).id).toBe(DRAFT);
  await profile.restoreLine(again);
  await whenStatus(again, ({ unsent }) => unsent === 0);
});
