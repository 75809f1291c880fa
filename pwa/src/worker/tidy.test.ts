// What is deleted of the photographs, and above all what is not: nothing that a draft or an untaken event of anybody names.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { MemoryStore } from '../store/memory';
import { fromHex, toHex } from '../sync/bytes';
import { digest } from '../sync/chain';
import type { Draft, MaterialLine } from './api';
import type { Core } from './core';
import type { Engine } from './engine';
import { saveDraft } from './drafts';
import { Intake } from './intake';
import type { Authored } from './logged';
import { localLocks } from './tabs';
import { sit } from './testing/core';
import { CASE, draft, photographed, Profile, takeIn, until, valueOf, whenStatus } from './testing/profile';
import { REMOVED_KEPT_MS, SENT_KEPT_MS, tidyPhotos } from './tidy';
import { keepWords } from './words';

const ONE = Uint8Array.of(0xff, 0xd8, 0xff, 1);
const TWO = Uint8Array.of(0xff, 0xd8, 0xff, 2);
/** Named by nothing: when it is gone, the tablet has been tidied. */
const LOOSE = Uint8Array.of(0xff, 0xd8, 0xff, 9);
const nameOf = (photo: Uint8Array<ArrayBuffer>): string => toHex(digest(photo));

let profile: Profile;

beforeEach(async () => {
  profile = await Profile.make();
  vi.stubGlobal('fetch', profile.hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

const kept = async (): Promise<string[]> => (await profile.store.photos()).map(({ sha256 }) => sha256);

/** Time passes, and somebody signs in: what is over then is deleted, `LOOSE` with it. */
async function tidiedAfter(engine: Engine, ms: number): Promise<void> {
  await photographed(engine, LOOSE);
  profile.hub.nowMs += Math.max(ms, REMOVED_KEPT_MS);
  await engine.lock();
  valueOf(await engine.signIn('li', 'right'));
  await until(engine, async () => !(await kept()).includes(nameOf(LOOSE)));
}

/** A case with this photo, which hub and ledger hold. */
async function confirmed(engine: Engine, photo: Uint8Array<ArrayBuffer>): Promise<void> {
  await takeIn(engine, draft(CASE, await photographed(engine, photo)));
  await whenStatus(engine, ({ unsent }) => unsent === 0);
  const body = { sha256: fromHex(nameOf(photo)), size: photo.length, mime: 'image/jpeg' };
  profile.hub.publish('case.attachment', fromHex(CASE), body, ['point:HALL']);
  await profile.hub.grow();
  await until(engine, async () => (await engine.caseView(CASE))?.photos[nameOf(photo)]?.stored === true);
}

it('deletes a removed photo after a day, also when the tab was closed right after its draft was deleted', async () => {
  const first = await profile.atWork();
  valueOf(await first.saveDraft(draft(CASE, await photographed(first, ONE, TWO))));
  valueOf(await first.saveDraft(draft(CASE, await photographed(first, TWO))));
  await tidiedAfter(first, 0);
  expect(await kept()).toEqual([nameOf(TWO)]);
  valueOf(await first.deleteDraft(CASE));
  await first.close();
  await tidiedAfter(await profile.atWork(), 0);
  expect(await kept()).toEqual([]);
});

it('leaves a photo that was taken within the day: a form on a screen may hold it', async () => {
  const engine = await profile.atWork();
  await photographed(engine, ONE);
  profile.hub.nowMs += REMOVED_KEPT_MS - 1;
  await photographed(engine, TWO);
  // Picked again after it was removed: it counts from now.
  await photographed(engine, ONE);
  await tidiedAfter(engine, 0);
  expect(await kept()).toEqual([]);
  await photographed(engine, ONE);
  profile.hub.nowMs += REMOVED_KEPT_MS - 1;
  await engine.lock();
  valueOf(await engine.signIn('li', 'right'));
  await whenStatus(engine, ({ reach }) => reach === 'hub');
  expect(await kept()).toEqual([nameOf(ONE)]);
});

it('keeps a photo that two drafts share until the last of them is gone', async () => {
  const engine = await profile.atWork();
  const other = 'bb'.repeat(16);
  valueOf(await engine.saveDraft(draft(CASE, await photographed(engine, ONE))));
  valueOf(await engine.saveDraft(draft(other, await photographed(engine, ONE))));
  valueOf(await engine.deleteDraft(CASE));
  await tidiedAfter(engine, 0);
  expect(await kept()).toEqual([nameOf(ONE)]);
  valueOf(await engine.deleteDraft(other));
  await tidiedAfter(engine, 0);
  expect(await kept()).toEqual([]);
});

it('keeps a photo that the hub has from one case and another clerk has in a draft', async () => {
  const engine = await profile.atWork();
  await confirmed(engine, ONE);
  const theirs = { id: 'bb'.repeat(16), owner: 'ee'.repeat(16), sealed: new Uint8Array(40), updatedMs: 1, photos: [nameOf(ONE)] };
  await profile.store.putDraft(theirs);
  await tidiedAfter(engine, SENT_KEPT_MS);
  expect(await kept()).toEqual([nameOf(ONE)]);
  await profile.store.deleteDraft(theirs.id);
  await tidiedAfter(engine, 0);
  expect(await kept()).toEqual([]);
});

it('deletes nothing while a draft of an earlier version does not say what it refers to', async () => {
  const engine = await profile.atWork();
  await photographed(engine, ONE);
  const old = { id: 'bb'.repeat(16), owner: 'ee'.repeat(16), sealed: new Uint8Array(40), updatedMs: 1 };
  await profile.store.putDraft(old);
  profile.hub.nowMs += REMOVED_KEPT_MS;
  const dropping = vi.spyOn(profile.store, 'dropPhotos');
  await engine.lock();
  valueOf(await engine.signIn('li', 'right'));
  await vi.waitFor(() => { expect(dropping).toHaveBeenCalled(); });
  await dropping.mock.results[0]?.value;
  expect(await kept()).toEqual([nameOf(ONE)]);
});

it('keeps a sent photo for its span; after that the hub is asked, and the case stays confirmed', async () => {
  const engine = await profile.atWork();
  await confirmed(engine, ONE);
  await tidiedAfter(engine, SENT_KEPT_MS - 1);
  expect(await kept()).toEqual([nameOf(ONE)]);
  await tidiedAfter(engine, 0);
  expect(await kept()).toEqual([]);
  expect((await engine.cases({}))[0]).toMatchObject({ tick: 3, photosMissing: 0, photosUnsent: 0 });
  expect((await engine.caseView(CASE))?.photos[nameOf(ONE)]).toMatchObject({ stored: true, here: false });
});

it('keeps a photo of which the ledger does not say that the hub holds it', async () => {
  const engine = await profile.atWork();
  await takeIn(engine, draft(CASE, await photographed(engine, ONE)));
  await whenStatus(engine, ({ unsent }) => unsent === 0);
  await tidiedAfter(engine, 2 * SENT_KEPT_MS);
  expect(await kept()).toEqual([nameOf(ONE)]);
});

it('keeps what a hub that was restored has not confirmed again, whatever the feeds of the lost one said', async () => {
  const engine = await profile.atWork();
  await confirmed(engine, ONE);
  await profile.store.unsendPhotos();
  await tidiedAfter(engine, 2 * SENT_KEPT_MS);
  expect(await kept()).toEqual([nameOf(ONE)]);
});

it('keeps what was not sent, however long the case is confirmed without it', async () => {
  const engine = await profile.atWork();
  profile.hub.uploads.refuses = () => true;
  await takeIn(engine, draft(CASE, await photographed(engine, ONE)));
  await whenStatus(engine, ({ unsent, unsentPhotos }) => unsent === 1 && unsentPhotos === 1);
  await tidiedAfter(engine, 2 * SENT_KEPT_MS);
  expect(await kept()).toEqual([nameOf(ONE)]);
});

it('keeps the photo of a refused case, which can be written anew under another number', async () => {
  const engine = await profile.atWork();
  await profile.cutLine(engine);
  await takeIn(engine, draft(CASE, await photographed(engine, ONE)));
  profile.hub.revoked.add(12);
  await profile.restoreLine(engine);
  await whenStatus(engine, ({ refused, revokedMs }) => refused === 1 && revokedMs > 0);
  await tidiedAfter(engine, 2 * SENT_KEPT_MS);
  valueOf(await engine.enrolAnew('CODE'));
  valueOf(await engine.signIn('li', 'right'));
  await tidiedAfter(engine, 2 * SENT_KEPT_MS);
  expect(await kept()).toEqual([nameOf(ONE)]);
  await until(engine, async () => (await engine.reference()).items.length > 0);
  valueOf(await engine.renew(CASE));
  await until(engine, async () => (await engine.cases({}))[0]?.tick === 3);
  expect(profile.hub.uploads.stored.has(nameOf(ONE))).toBe(true);
});

// --- two tabs on one store that hear nothing of each other -------------------------------------------------------------

/** A core at which the photo was taken long ago. */
async function twoTabs(): Promise<{ store: MemoryStore; one: Core; other: Core; materials: MaterialLine[] }> {
  const store = new MemoryStore();
  const locks = localLocks();
  const early = await sit(store, { id: 'aa', key: 1, locks });
  const photo = valueOf(await new Intake(early, () => undefined).savePhoto(ONE.buffer, 'image/jpeg'));
  const nowMs = REMOVED_KEPT_MS + 7;
  const [one, other] = [await sit(store, { id: 'aa', key: 1, locks, nowMs }), await sit(store, { id: 'bb', key: 2, locks, nowMs })];
  return { store, one, other, materials: [{ id: 'm', status: 'provided', photos: [photo], note: '' }] };
}

async function tidy(core: Core): Promise<void> {
  if (core.unlocked !== null) await tidyPhotos(core, core.unlocked);
}

async function write(core: Core, lines: MaterialLine[]): Promise<unknown> {
  const materials = lines.map((line) => ({ ...line, photos: line.photos.map((photo) => ({ ...photo, sha256: fromHex(photo.sha256) })) }));
  const authored: Authored = { type: 'case.edit', stream: fromHex(CASE), body: { fields: {}, materials } };
  return core.unlocked?.tablet.append('aa', () => Promise.resolve({ authored, counter: null, draftDone: CASE, renews: null }));
}

it('reads what another tab has written before it looks what is named', async () => {
  const { store, one, other, materials } = await twoTabs();
  const form: Draft = { ...draft(CASE, materials), itemId: 'x' };
  expect(await saveDraft(other, form)).toMatchObject({ ok: true });
  expect(await write(other, materials)).toEqual({ ok: true });
  expect(await store.findDraft(CASE)).toBeNull();
  await tidy(one);
  expect((await store.photos()).length).toBe(1);
});

it('keeps what the draft names when the event that would replace it could not be written', async () => {
  const { store, one, other, materials } = await twoTabs();
  expect(await saveDraft(other, draft(CASE, materials))).toMatchObject({ ok: true });
  vi.spyOn(store, 'append').mockResolvedValueOnce({ ok: false, code: 'storage-failed', detail: 'crash' });
  expect(await write(other, materials)).toMatchObject({ ok: false });
  await tidy(one);
  expect((await store.photos()).length).toBe(1);
});

it('keeps what somebody has in the sheet of an act', async () => {
  const { store, one, other, materials } = await twoTabs();
  expect(await keepWords(other, CASE, 'case.supply', { materials })).toMatchObject({ ok: true });
  await tidy(one);
  expect((await store.photos()).length).toBe(1);
});

it('deletes what nothing of this names, and refuses a form that would send it after all', async () => {
  const engine = await profile.atWork();
  const materials = await photographed(engine, ONE);
  await tidiedAfter(engine, 0);
  expect(await kept()).toEqual([]);
  valueOf(await engine.saveDraft(draft(CASE, materials)));
  expect(await engine.receive(CASE)).toEqual({ ok: false, code: 'photo-missing' });
  const { caseId } = await takeIn(engine, draft('bb'.repeat(16)));
  expect(await engine.edit(caseId, {}, materials)).toEqual({ ok: false, code: 'photo-missing' });
});
