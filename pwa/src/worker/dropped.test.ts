// A device that is out of service drops what others wrote and what the hub holds, and not one thing more.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { MemoryStore } from '../store/memory';
import { fromHex, toHex, type Bytes } from '../sync/bytes';
import { digest } from '../sync/chain';
import { pack } from '../sync/clock';
import { encodeEvent } from '../sync/event';
import type { Engine } from './engine';
import type { FakeHub } from './testing/hub';
import { CASE, draft, ITEM, photographed, PIN, Profile, takeIn, until, valueOf, whenStatus } from './testing/profile';

const POINT = 'point:HALL';
const DEPT = 'dept:SCJG';
const THEIRS = 'cc'.repeat(16);
const MINE = 'bb'.repeat(16);
const SENT = Uint8Array.of(255, 216, 1);
const UNSENT = Uint8Array.of(255, 216, 2);
const COLLEAGUE = 'dd'.repeat(16);
const FULL = { ok: false, code: 'storage-full', detail: 'quota' } as const;

let profile: Profile;
let hub: FakeHub;
let store: MemoryStore;

const nameOf = (photo: Uint8Array<ArrayBuffer>): string => toHex(digest(photo));
const photos = async (): Promise<string[]> => (await store.photos()).map(({ sha256 }) => sha256);
const feeds = async (): Promise<string[]> => (await store.feeds()).map(({ feed }) => feed);
const shown = async (engine: Engine): Promise<string[]> => (await engine.cases({})).map(({ id }) => id);
const withPin = async (): Promise<string[]> => (await store.users()).filter(({ wrapped }) => wrapped !== null).map(({ id }) => id);

/** What a colleague took in. */
function theirs(stream: string): Bytes {
  const item = { id: ITEM.id, version: 'v1', code: '1'.repeat(31), type_code: '01', case_type: 'instant', mode: 'comprehensive_direct' };
  const applicant = { name: '张他人', id_type: 'idcard', id_no: '11010519491231002X', phone: '' };
  const body = { item, point: 'HALL', dept: 'SCJG', window: '', receipt_no: 'JK-HALL-13-20261123-0001-X', person: '', applicant, fields: {}, materials: [] };
  return encodeEvent({ type: 'case.receive', stream: fromHex(stream), hlc: pack(hub.nowMs, 0), actor: hub.account, base: 0, seen: [], body });
}

/** A tablet of two people with a colleague's case, and with one of its own that the hub holds, photograph and all. */
async function atWork(): Promise<Engine> {
  const engine = await profile.atWork();
  valueOf(await engine.setPin(PIN));
  const [clerk] = await store.users();
  if (clerk !== undefined) await store.putUser({ ...clerk, id: COLLEAGUE });
  await takeIn(engine, draft(CASE, await photographed(engine, SENT)));
  await until(engine, async () => (await shown(engine)).includes(THEIRS) && (await store.photos()).every(({ sentMs }) => sentMs > 0));
  return engine;
}

/** Behind a cut line the clerk takes in a case with a photograph; meanwhile the device is put out of service. */
async function caughtOut(engine: Engine): Promise<void> {
  await profile.cutLine(engine);
  await takeIn(engine, draft(MINE, await photographed(engine, UNSENT)));
  hub.revoked.add(12);
  await profile.restoreLine(engine);
  await whenStatus(engine, ({ revokedMs, refused }) => revokedMs > 0 && refused === 1);
}

const dropped = async (): Promise<boolean> => (await feeds()).join() === 'zone' && !(await withPin()).includes(COLLEAGUE);

beforeEach(async () => {
  profile = await Profile.make();
  ({ hub, store } = profile);
  vi.stubGlobal('fetch', hub.fetch);
  hub.enter(13, 1, theirs(THEIRS), [POINT]);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
});

it('drops cases, photographs and keys where nothing is open, and says who is to be asked all the same', async () => {
  const engine = await atWork();
  hub.revoked.add(12);
  hub.cut();
  await until(engine, async () => (await dropped()) && (await withPin()).length === 0);
  expect(await engine.cases({})).toMatchObject([{ id: CASE, tick: 3, photosMissing: 0 }]);
  expect(await store.pages(POINT, 0)).toEqual([]);
  expect(await photos()).toEqual([]);
  expect((await engine.status()).users.map(({ hasPin }) => hasPin)).toEqual([false, false]);
  expect((await engine.reference()).items).toHaveLength(1);
});

it('keeps what was not sent, its photograph and the key of who wrote it', async () => {
  const engine = await atWork();
  await caughtOut(engine);
  await until(engine, dropped);
  const [clerk = ''] = await withPin();
  expect(clerk).toBe(toHex(hub.account));
  expect(await photos()).toEqual([nameOf(UNSENT)]);
  await engine.close();
  hub.down = true;
  const again = await profile.tab();
  valueOf(await again.unlock(clerk, PIN));
  expect((await again.caseView(MINE))?.state).toBe('not_taken');
  valueOf(await again.photo(nameOf(UNSENT)));
  expect(await again.caseView(THEIRS)).toBeNull();
  expect(await again.exportUnsent('correct horse')).toMatchObject({ ok: true });
});

it('keeps the key of a colleague who has a draft here, and the photographs of drafts', async () => {
  const engine = await atWork();
  await store.putDraft({ id: 'ee'.repeat(16), owner: COLLEAGUE, sealed: Uint8Array.of(1), updatedMs: 1, photos: [nameOf(SENT)] });
  hub.revoked.add(12);
  hub.cut();
  await until(engine, async () => (await withPin()).join() === COLLEAGUE);
  expect(await feeds()).toEqual(['zone']);
  expect(await photos()).toEqual([nameOf(SENT)]);
});

it('calls no photograph sent that was never here', async () => {
  const engine = await atWork();
  // A colleague's tablet has named one that it has not uploaded; here somebody edits the same material once more.
  const theirs = { sha256: Uint8Array.from({ length: 32 }, () => 9), size: 3, mime: 'image/jpeg' };
  const material = { id: ITEM.materials[0]?.id ?? '', status: 'provided' as const, note: 'x' };
  const edit = { fields: {}, materials: [{ ...material, photos: [theirs] }] };
  hub.enter(13, 2, encodeEvent({ type: 'case.edit', stream: fromHex(CASE), hlc: pack(hub.nowMs + 5, 0), actor: hub.account, base: 100, seen: [], body: edit }), [POINT]);
  await hub.grow();
  await until(engine, async () => (await engine.cases({})).some(({ id, photosMissing }) => id === CASE && photosMissing === 1));
  valueOf(await engine.edit(CASE, {}, [{ ...material, photos: [{ ...theirs, sha256: toHex(theirs.sha256) }] }]));
  await whenStatus(engine, ({ unsent }) => unsent === 0);
  hub.revoked.add(12);
  hub.cut();
  await until(engine, dropped);
  const kept = (await engine.cases({})).find(({ id }) => id === CASE);
  expect(kept?.photosMissing).toBe(1);
  expect(kept?.tick).toBeLessThan(3);
});

it.each(['forgetFeed', 'dropPhotos', 'dropKeys'] as const)('is finished by the next start when it ended in the middle, before %s', async (step) => {
  const engine = await atWork();
  const broken = vi.spyOn(store, step).mockResolvedValue(FULL);
  await caughtOut(engine);
  await whenStatus(engine, ({ problem }) => problem === 'storage-full');
  expect(await withPin()).toContain(COLLEAGUE);
  await engine.close();
  broken.mockRestore();
  hub.down = true;
  const again = await profile.tab();
  valueOf(await again.unlock(toHex(hub.account), PIN));
  await until(again, dropped);
  expect(await photos()).toEqual([nameOf(UNSENT)]);
  expect(await shown(again)).not.toContain(THEIRS);
});

it('takes nothing but the zone from when it hears, on the same connection', async () => {
  const engine = await atWork();
  hub.revoked.add(12);
  await takeIn(engine, draft(MINE));
  await until(engine, dropped);
  const kept = vi.spyOn(store, 'putPage');
  // So many that a feed whose pages do not fit would have been fetched anew.
  for (let round = 2; round < 8; round += 1) {
    const id = `X-${String(round)}`;
    hub.enter(13, round, theirs(`f${String(round)}`.repeat(16)), [POINT]);
    const known = (await engine.reference()).items.length;
    hub.publish('item.publish', digest(new TextEncoder().encode(id)).slice(0, 16), { id, record: { ...ITEM, id, version: 'v1' } });
    await hub.grow();
    await until(engine, async () => (await engine.reference()).items.length > known);
  }
  expect(kept.mock.calls.map(([{ feed }]) => feed)).not.toContain(POINT);
  expect(await feeds()).toEqual(['zone']);
});

it('keeps no page that was under way as it heard, though the feed was not here before', async () => {
  hub.readable = ['zone', POINT, DEPT];
  const engine = await atWork();
  const { putPage, putRevoked, feeds: readFeeds } = store;
  let [begun, told] = [(): void => undefined, (): void => undefined];
  const underWay = new Promise<void>((resolve) => { begun = resolve; });
  const looked = new Promise<void>((resolve) => { told = resolve; });
  // The page comes as the word is being kept, and is stored once it was looked which feeds are here.
  vi.spyOn(store, 'putRevoked').mockImplementation(async (...word) => {
    hub.enter(13, 2, theirs('ff'.repeat(16)), [DEPT]);
    void hub.grow();
    await underWay;
    const kept = await putRevoked.apply(store, word);
    vi.spyOn(store, 'feeds').mockImplementation(async () => {
      const rows = await readFeeds.call(store);
      told();
      return rows;
    });
    return kept;
  });
  vi.spyOn(store, 'putPage').mockImplementation(async (page, feed) => {
    if (page.feed === DEPT) {
      begun();
      await looked;
    }
    return putPage.call(store, page, feed);
  });
  hub.revoked.add(12);
  await takeIn(engine, draft(MINE));
  await until(engine, dropped);
  expect(store.putPage).toHaveBeenCalledWith(expect.objectContaining({ feed: DEPT }), expect.anything());
  expect(await store.pages(DEPT, 0)).toEqual([]);
});

it('drops feeds before anybody has unlocked', async () => {
  const engine = await atWork();
  const broken = vi.spyOn(store, 'forgetFeed').mockResolvedValue(FULL);
  await caughtOut(engine);
  await engine.close();
  broken.mockRestore();
  const dropping = vi.spyOn(store, 'forgetFeed');
  const again = await profile.tab();
  await vi.waitFor(() => { expect(dropping).toHaveBeenCalledWith(POINT); });
  expect((await again.status()).account).toBeNull();
  expect(await feeds()).toEqual(['zone']);
});

it('is read anew when a hub that was restored has the device in service again', async () => {
  const engine = await atWork();
  await caughtOut(engine);
  await until(engine, dropped);
  hub.revoked.clear();
  hub.cut();
  await engine.syncNow();
  await until(engine, async () => (await shown(engine)).includes(THEIRS));
});

it('keeps the key of who named a photograph that was never sent, though the hub took the event', async () => {
  hub.uploads.refuses = (bytes) => nameOf(bytes) === nameOf(UNSENT);
  const engine = await atWork();
  await takeIn(engine, draft(MINE, await photographed(engine, UNSENT)));
  await whenStatus(engine, ({ unsent, unsentPhotos }) => unsent === 1 && unsentPhotos === 1);
  const dropping = vi.spyOn(store, 'dropKeys');
  hub.revoked.add(12);
  hub.cut();
  await until(engine, dropped);
  await vi.waitFor(() => { expect(dropping).toHaveBeenCalled(); });
  expect(await withPin()).toEqual([toHex(hub.account)]);
  await engine.close();
  hub.down = true;
  const again = await profile.tab();
  valueOf(await again.unlock(toHex(hub.account), PIN));
  valueOf(await again.photo(nameOf(UNSENT)));
});

it('counts, lists and exports the photograph of a case that went with the feeds, and under the next number still', async () => {
  hub.uploads.refuses = (bytes) => nameOf(bytes) === nameOf(UNSENT);
  const engine = await atWork();
  valueOf(await engine.edit(THEIRS, {}, await photographed(engine, UNSENT)));
  await whenStatus(engine, ({ unsent, unsentPhotos }) => unsent === 1 && unsentPhotos === 1);
  const whole = valueOf(await engine.exportUnsent('correct horse')).size;
  hub.revoked.add(12);
  hub.cut();
  await until(engine, dropped);
  expect(await engine.status()).toMatchObject({ unsent: 1, unsentPhotos: 1 });
  expect(await engine.outbox()).toMatchObject([{ id: `photo:${nameOf(UNSENT)}`, caseId: THEIRS, code: 'device-revoked' }]);
  expect(valueOf(await engine.exportUnsent('correct horse')).size).toBe(whole);
  valueOf(await engine.enrolAnew('CODE'));
  hub.revoked.clear();
  hub.readable = ['zone'];
  valueOf(await engine.signIn('li', 'right'));
  await whenStatus(engine, ({ unsentPhotos }) => unsentPhotos === 1);
  hub.uploads.refuses = () => false;
  await engine.syncNow();
  await whenStatus(engine, ({ unsentPhotos }) => unsentPhotos === 0);
  expect(hub.uploads.stored.has(nameOf(UNSENT))).toBe(true);
});
