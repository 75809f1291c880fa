// A profile that was copied: the copy hears that its log has parted from the hub's, stops, and once it is enrolled anew brings
// the work of its own branch, each case once.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { MemoryStore } from '../store/memory';
import { decodeHead } from '../sync/event';
import { toHex } from '../sync/bytes';
import { digest } from '../sync/chain';
import type { Engine } from './engine';
import type { FakeHub } from './testing/hub';
import { CASE, draft, ITEM, photographed, PIN, Profile, takeIn, until, valueOf, whenStatus } from './testing/profile';

const THEIRS = 'cc'.repeat(16);
const MINE = 'bb'.repeat(16);
const FURTHER = 'dd'.repeat(16);
const LATER = 'ee'.repeat(16);

let profile: Profile;
let hub: FakeHub;

/** A restored image: everything that this store holds, in another one. */
async function copyOf(store: MemoryStore): Promise<MemoryStore> {
  const copy = new MemoryStore();
  const device = await store.findDevice();
  const clock = await store.clock();
  if (device === null) throw new Error('nothing is enrolled');
  await copy.putDevice(device, clock);
  for (const user of await store.users()) await copy.putUser(user);
  for (const row of await store.log(0)) await copy.append({ afterSeq: row.seq - 1, rows: [row], hlc: clock.hlc, counter: null, draftDone: null, renews: null });
  for (const feed of await store.feeds()) for (const page of await store.pages(feed.feed, 0)) await copy.putPage(page, { ...feed, n: page.after + page.count });
  return copy;
}

/**
 * A tablet takes in CASE behind a cut line and is copied; it brings that and `others` to the hub. The copy takes in one of
 * its own, with a photograph, and then the line is there.
 */
async function copied(others: string[]): Promise<{ engine: Engine; id: string; theirs: string; mine: string; copy: MemoryStore }> {
  const first = await profile.atWork();
  valueOf(await first.setPin(PIN));
  const id = (await first.status()).account?.id ?? '';
  await profile.cutLine(first);
  await takeIn(first, draft(CASE));
  const copy = await copyOf(profile.store);
  let theirs = '';
  for (const other of others) {
    const { receiptNo } = await takeIn(first, draft(other));
    theirs ||= receiptNo;
  }
  await profile.restoreLine(first);
  await whenStatus(first, ({ unsent }) => unsent === 0);
  await first.close();
  hub.down = true;
  const engine = await profile.tab(copy);
  valueOf(await engine.unlock(id, PIN));
  await copy.append({ afterSeq: 1, rows: [], hlc: (await copy.clock()).hlc, counter: { day: theirs.split('-')[3] ?? '', value: 1 }, draftDone: null, renews: null });
  const { receiptNo: mine } = await takeIn(engine, draft(MINE, await photographed(engine, Uint8Array.of(255, 216, 7))));
  return { engine, id, theirs, mine, copy };
}

/** The other branch is as long as the copy's, so that the hub's end of the log is a place in both. */
async function parted(): Promise<Awaited<ReturnType<typeof copied>>> {
  const tablet = await copied([THEIRS]);
  await profile.restoreLine(tablet.engine);
  await whenStatus(tablet.engine, ({ problem }) => problem === 'chain-fork');
  return tablet;
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

it('brings its branch to the hub, which keeps it aside, and takes nothing more in', async () => {
  const { engine } = await parted();
  await vi.waitFor(() => { expect(hub.branches).toHaveLength(1); });
  expect(hub.branches[0]?.map((event) => toHex(decodeHead(event).stream))).toEqual([CASE, MINE]);
  expect(hub.logs.get(12)?.events.map((event) => toHex(decodeHead(event).stream))).toEqual([CASE, THEIRS]);
  valueOf(await engine.saveDraft(draft(LATER)));
  expect(await engine.receive(LATER)).toMatchObject({ ok: false, code: 'chain-fork' });
  expect((await engine.draft(LATER)).ok).toBe(true);
  expect(await engine.status()).toMatchObject({ unsent: 3, unsentPhotos: 1 });
});

it('is enrolled anew with its own work, each case once, and under a new receipt number where the printed one was given twice', async () => {
  const { engine, theirs, mine } = await parted();
  expect(mine).toBe(theirs);
  hub.revoked.add(12);
  hub.cut();
  await whenStatus(engine, ({ revokedMs }) => revokedMs > 0);
  expect(valueOf(await engine.enrolAnew('CODE')).number).toBe(13);
  valueOf(await engine.signIn('li', 'right'));
  await whenStatus(engine, ({ former, formerRead }) => formerRead && former === 1);
  // CASE is in the hub's log by the first tablet: it is not brought again.
  expect(valueOf(await engine.former())).toMatchObject([{ caseId: MINE, receiptNo: mine, renumbered: true, steps: [{ type: 'case.receive' }] }]);
  expect((await engine.status()).former).toBe(1);
  valueOf(await engine.renew(MINE));
  await until(engine, async () => (await engine.cases({ group: 'confirmed' })).length === 3 && hub.uploads.stored.size === 1);
  expect(hub.logs.get(13)?.events.map((event) => toHex(decodeHead(event).stream))).toEqual([MINE]);
  const renewed = (await engine.caseView(MINE))?.receiptNo ?? '';
  expect(renewed).toContain('-13-');
  expect((await engine.caseView(THEIRS))?.receiptNo).toBe(theirs);
  expect(valueOf(await engine.former())).toEqual([]);
  expect((await engine.status()).former).toBe(0);
});

it('is still known to have parted after a lock and after a reload behind a cut line, and not once it is enrolled anew', async () => {
  const { engine, id, copy } = await parted();
  await profile.cutLine(engine);
  await engine.lock();
  valueOf(await engine.unlock(id, PIN));
  valueOf(await engine.saveDraft(draft(LATER)));
  expect(await engine.receive(LATER)).toMatchObject({ ok: false, code: 'chain-fork' });
  await engine.close();
  const again = await profile.tab(copy);
  valueOf(await again.unlock(id, PIN));
  expect(await again.receive(LATER)).toMatchObject({ ok: false, code: 'chain-fork' });
  await whenStatus(again, ({ problem }) => problem === 'chain-fork');
  hub.revoked.add(12);
  await profile.restoreLine(again);
  await whenStatus(again, ({ revokedMs }) => revokedMs > 0);
  valueOf(await again.enrolAnew('CODE'));
  valueOf(await again.signIn('li', 'right'));
  await until(again, async () => (await again.reference()).items.length > 0);
  valueOf(await again.receive(LATER));
});

it('goes on reading when another tab stored a page first', async () => {
  const { engine, copy } = await parted();
  const { putPage } = copy;
  let first = true;
  vi.spyOn(copy, 'putPage').mockImplementation(async (page, feed) => {
    const saved = await putPage.call(copy, page, feed);
    if (!first) return saved;
    first = false;
    return { ok: false, code: 'head-moved', detail: 'by another tab' };
  });
  for (const id of ['X-2', 'X-3']) {
    const known = (await engine.reference()).items.length;
    hub.publish('item.publish', digest(new TextEncoder().encode(id)).slice(0, 16), { id, record: { ...ITEM, id, version: 'v1' } });
    await hub.grow();
    await until(engine, async () => (await engine.reference()).items.length > known);
  }
  expect(first).toBe(false);
});

it('comes to rest on one connection when the other branch is further on, whose feeds cannot fit it', async () => {
  const { engine, copy } = await copied([THEIRS, FURTHER]);
  const forgot = vi.spyOn(copy, 'forgetFeed');
  let greetings = 0;
  hub.fate = (_, message) => {
    if (message.type === 'hello') greetings += 1;
    return 'pass';
  };
  await profile.restoreLine(engine);
  await whenStatus(engine, ({ problem, reach }) => problem === 'storage-lost' && reach === 'hub');
  // Several rounds of news by the same connection: whatever it began with would have come round again.
  for (const id of ['X-2', 'X-3', 'X-4']) {
    const known = (await engine.reference()).items.length;
    hub.publish('item.publish', digest(new TextEncoder().encode(id)).slice(0, 16), { id, record: { ...ITEM, id, version: 'v1' } });
    await hub.grow();
    await until(engine, async () => (await engine.reference()).items.length > known);
  }
  expect(greetings).toBe(1);
  expect(forgot).not.toHaveBeenCalled();
  expect(hub.branches).toEqual([]);
});
