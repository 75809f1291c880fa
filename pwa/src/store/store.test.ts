// What every store must do, on each implementation; and what IndexedDB says when it cannot write.

import 'fake-indexeddb/auto';
import { beforeEach, describe, expect, it } from 'vitest';

import { IndexedStore } from './indexed';
import { MemoryStore } from './memory';
import type { Append, DeviceRow, FeedRow, LogRow, PageRow, Store, UserRow } from './port';

const bytes = (...values: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);

function logRow(seq: number): LogRow {
  return {
    seq,
    stream: 'aa',
    actor: 'bb',
    sealed: bytes(seq),
    link: bytes(seq, seq),
    savedMs: seq,
    state: 'queued',
    code: '',
    position: 0,
    hubMs: 0,
    acked: false,
  };
}

function append(afterSeq: number, more: Partial<Append> = {}): Append {
  return { afterSeq, rows: [logRow(afterSeq + 1)], hlc: bytes(0, 0, 0, 0, 0, 0, 0, afterSeq + 1), counter: null, draftDone: null, renews: null, ...more };
}

/** Another tab's row in the same place. */
const otherRow = (seq: number): LogRow => ({ ...logRow(seq), link: bytes(seq, 99) });

function page(after: number, count: number): PageRow {
  return { feed: 'zone', after, count, sealed: bytes(after) };
}

const USER: UserRow = {
  id: 'bb',
  username: 'li',
  name: '李',
  roles: [{ role: 'window_clerk', point: 'HALL', dept: '' }],
  feeds: ['zone'],
  grantUntilMs: 9,
  salt: bytes(1),
  wrapped: bytes(2),
  failures: 0,
  retryAtMs: 0,
};

async function someDevice(): Promise<DeviceRow> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  return { number: 12, name: '', kind: 'tablet', point: { id: 'HALL', name: '' }, zone: bytes(1), publicKey: bytes(4), privateKey: pair.privateKey, hubKey: bytes(5), epoch: 0 };
}

function storeContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });

    it('begins empty', async () => {
      expect(await store.findDevice()).toBeNull();
      expect(await store.log(0)).toEqual([]);
      expect(await store.counter('20261123')).toBe(0);
      expect((await store.clock()).hubMs).toBe(0);
      expect([await store.feeds(), await store.users(), await store.photos(), await store.drafts('bb')]).toEqual([[], [], [], []]);
    });

    it('begins another log under another number, and keeps the old one and everything else', async () => {
      const device = await someDevice();
      await store.putDevice(device, { hlc: bytes(0), hubMs: 7, offsetMs: 0 });
      expect(await store.putRevoked(99, true)).toEqual({ ok: true });
      expect((await store.findDevice())?.revokedMs).toBe(99);
      expect(await store.putForked(true)).toEqual({ ok: true });
      const enrolments = [{ content: Uint8Array.of(7), signature: new Uint8Array(64) }];
      expect(await store.putEnrolments(enrolments)).toEqual({ ok: true });
      const parted = [{ feed: 'zone', n: 3, at_ms: 7 }];
      expect(await store.putParted(parted)).toEqual({ ok: true });
      expect(await store.findDevice()).toMatchObject({ enrolments, parted });
      expect((await store.findDevice())?.forked).toBe(true);
      await store.putUser(USER);
      await store.putDraft({ id: 'd', owner: 'bb', sealed: bytes(1), updatedMs: 1 });
      await store.putPage(page(0, 2), { feed: 'zone', n: 2, hash: bytes(1) });
      await store.append(append(0));
      await store.append(append(1));
      expect(await store.succeed({ ...device, number: 15 })).toEqual({ ok: true });
      expect([await store.log(0), await store.feeds(), await store.pages('zone', 0)]).toEqual([[], [], []]);
      expect((await store.findDevice())?.number).toBe(15);
      expect((await store.findDevice())?.forked ?? false).toBe(false);
      expect((await store.findDevice())?.revokedMs ?? 0).toBe(0);
      expect((await store.former()).map(({ device: number, seq, renewedMs }) => [number, seq, renewedMs])).toEqual([[12, 1, 0], [12, 2, 0]]);
      expect((await store.findUser('bb'))?.grantUntilMs).toBe(0);
      expect([(await store.drafts('bb')).length, (await store.clock()).hubMs]).toEqual([1, 7]);
      expect(await store.append(append(0, { renews: { device: 12, seq: 2, atMs: 5, as: { device: 15, seq: 1 } } }))).toEqual({ ok: true });
      expect((await store.former()).map(({ renewedMs, renewedAs }) => [renewedMs, renewedAs])).toEqual([[0, undefined], [5, { device: 15, seq: 1 }]]);
      // What did not come about renews nothing.
      expect(await store.append(append(0, { rows: [otherRow(1)], renews: { device: 12, seq: 1, atMs: 6, as: { device: 15, seq: 1 } } }))).toMatchObject({ code: 'head-moved' });
      expect((await store.former()).map(({ renewedMs }) => renewedMs)).toEqual([0, 5]);
    });

    it('puts aside with a log what of it was written anew in it, and where the last time', async () => {
      await store.putDevice(await someDevice(), { hlc: bytes(0), hubMs: 7, offsetMs: 0 });
      await store.append(append(0));
      const renewing = (seq: number): LogRow => ({ ...logRow(seq), savedMs: 40 + seq, renews: { device: 12, seq: 1 } });
      await store.append(append(1, { rows: [renewing(2)] }));
      await store.append(append(2, { rows: [renewing(3)] }));
      await store.succeed({ ...(await someDevice()), number: 15 });
      expect((await store.former()).map(({ seq, renewedMs, renewedAs }) => [seq, renewedMs, renewedAs])).toEqual([[1, 43, { device: 12, seq: 3 }], [2, 0, undefined], [3, 0, undefined]]);
    });

    it('keeps for each person what that person has taken note of, of one log', async () => {
      await store.putUser(USER);
      expect(await store.addNoted(USER.id, [3])).toEqual({ ok: true });
      expect(await store.addNoted(USER.id, [3, 5])).toEqual({ ok: true });
      expect((await store.findUser(USER.id))?.noted).toEqual([3, 5]);
      expect(await store.addNoted('nobody', [1])).toEqual({ ok: true });
      expect(await store.findUser('nobody')).toBeNull();
    });

    it('keeps who the tablet is, with a key that signs and cannot be read', async () => {
      const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
      const device: DeviceRow = {
        number: 12,
        name: '平板1',
        kind: 'tablet',
        point: { id: 'HALL', name: '大厅' },
        zone: bytes(1),
        publicKey: bytes(4),
        privateKey: pair.privateKey,
        hubKey: bytes(5),
        epoch: 0,
      };
      expect(await store.putDevice(device, { hlc: bytes(0), hubMs: 7, offsetMs: -1 })).toEqual({ ok: true });
      const found = await store.findDevice();
      expect(found).toMatchObject({ number: 12, point: { id: 'HALL' } });
      expect(found?.privateKey.extractable).toBe(false);
      const algorithm = { name: 'ECDSA', hash: 'SHA-256' };
      const signature = await crypto.subtle.sign(algorithm, found?.privateKey ?? pair.privateKey, bytes(1));
      expect(await crypto.subtle.verify(algorithm, pair.publicKey, signature, bytes(1))).toBe(true);
      await store.putHubTime(5, 3);
      expect(await store.clock()).toMatchObject({ hubMs: 7, offsetMs: 3 });
      await store.putHubTime(9, 3);
      expect((await store.clock()).hubMs).toBe(9);
      for (const [epoch, kept] of [[5, 5], [4, 5], [9, 9]] as const) {
        expect(await store.putEpoch(epoch)).toEqual({ ok: true });
        expect((await store.findDevice())?.epoch, 'an epoch is never gone back to').toBe(kept);
      }
    });

    it('appends at the end only, and all or nothing', async () => {
      await store.putDraft({ id: 'd', owner: 'bb', sealed: bytes(1), updatedMs: 1 });
      expect(await store.append(append(0, { counter: { day: '20261123', value: 1 }, draftDone: 'd' }))).toEqual({ ok: true });
      expect(await store.counter('20261123')).toBe(1);
      expect(await store.findDraft('d')).toBeNull();
      expect((await store.clock()).hlc).toEqual(bytes(0, 0, 0, 0, 0, 0, 0, 1));
      await store.putDraft({ id: 'e', owner: 'bb', sealed: bytes(1), updatedMs: 1 });
      const late = await store.append(append(0, { rows: [otherRow(1)], counter: { day: '20261123', value: 2 }, draftDone: 'e' }));
      expect(late).toMatchObject({ ok: false, code: 'head-moved' });
      expect(await store.counter('20261123')).toBe(1);
      expect(await store.findDraft('e')).not.toBeNull();
      expect((await store.clock()).hlc).toEqual(bytes(0, 0, 0, 0, 0, 0, 0, 1));
      expect(await store.append(append(2))).toMatchObject({ ok: false, code: 'head-moved' });
      expect(await store.append(append(1))).toEqual({ ok: true });
      expect((await store.log(0)).map(({ seq }) => seq)).toEqual([1, 2]);
      expect((await store.log(1)).map(({ seq }) => seq)).toEqual([2]);
    });

    it('writes once what it is told to write again', async () => {
      const twice = append(0, { counter: { day: '20261123', value: 1 } });
      expect(await store.append(twice)).toEqual({ ok: true });
      expect(await store.append(append(1, { counter: { day: '20261123', value: 2 } }))).toEqual({ ok: true });
      expect(await store.append(twice)).toEqual({ ok: true });
      expect((await store.log(0)).map(({ seq }) => seq)).toEqual([1, 2]);
      expect(await store.counter('20261123')).toBe(2);
    });

    it('keeps verdicts without touching what was written', async () => {
      await store.append(append(0));
      await store.append(append(1));
      await store.settle([
        { seq: 2, state: 'refused', code: 'not-entitled', position: 8, hubMs: 9, acked: true },
        { seq: 3, state: 'accepted', code: '', position: 9, hubMs: 9, acked: true },
      ]);
      const [first, second] = await store.log(0);
      expect(first).toEqual(logRow(1));
      expect(second).toEqual({ ...logRow(2), state: 'refused', code: 'not-entitled', position: 8, hubMs: 9, acked: true });
      expect(await store.log(2)).toEqual([]);
    });

    it('stores a page only where its feed ends', async () => {
      expect(await store.putPage(page(0, 2), { feed: 'zone', n: 2, hash: bytes(2), receivedMs: 1_000 })).toEqual({ ok: true });
      expect(await store.putPage(page(0, 2), { feed: 'zone', n: 2, hash: bytes(2), receivedMs: 1_000 })).toMatchObject({ ok: false, code: 'head-moved' });
      expect(await store.putPage(page(3, 1), { feed: 'zone', n: 4, hash: bytes(4), receivedMs: 1_000 })).toMatchObject({ ok: false, code: 'head-moved' });
      expect(await store.putPage(page(2, 1), { feed: 'zone', n: 3, hash: bytes(3), receivedMs: 1_000 })).toEqual({ ok: true });
      expect(await store.feeds()).toEqual([{ feed: 'zone', n: 3, hash: bytes(3), receivedMs: 1_000 }]);
      expect((await store.pages('zone', 0)).map(({ after }) => after)).toEqual([0, 2]);
      expect((await store.pages('zone', 2)).map(({ after }) => after)).toEqual([2]);
      expect(await store.pages('zonex', 0)).toEqual([]);
      await store.forgetFeed('zone');
      expect([await store.feeds(), await store.pages('zone', 0)]).toEqual([[], []]);
      expect(await store.putPage(page(0, 2), { feed: 'zone', n: 2, hash: bytes(2), receivedMs: 1_000 })).toEqual({ ok: true });
    });

    it('sets a feed back to a place within a page, or between two', async () => {
      await store.putPage(page(0, 2), { feed: 'zone', n: 2, hash: bytes(2) });
      await store.putPage(page(2, 3), { feed: 'zone', n: 5, hash: bytes(5) });
      await store.putPage(page(5, 1), { feed: 'zone', n: 6, hash: bytes(6) });
      const back = (n: number): FeedRow => ({ feed: 'zone', n, hash: bytes(n), rewound: 1 });
      expect(await store.rewindFeed(5, back(4), page(2, 2))).toMatchObject({ ok: false, code: 'head-moved' });
      expect(await store.rewindFeed(6, back(4), page(2, 2))).toEqual({ ok: true });
      expect([await store.feeds(), await store.pages('zone', 0)]).toEqual([[back(4)], [page(0, 2), page(2, 2)]]);
      expect(await store.putPage(page(4, 1), { feed: 'zone', n: 5, hash: bytes(7) })).toEqual({ ok: true });
      expect(await store.rewindFeed(5, back(2), null)).toEqual({ ok: true });
      expect([await store.feeds(), await store.pages('zone', 0)]).toEqual([[back(2)], [page(0, 2)]]);
    });

    it('shows drafts to their owner', async () => {
      await store.putDraft({ id: 'd', owner: 'bb', sealed: bytes(1), updatedMs: 1 });
      await store.putDraft({ id: 'd', owner: 'bb', sealed: bytes(2), updatedMs: 2 });
      await store.putDraft({ id: 'e', owner: 'cc', sealed: bytes(3), updatedMs: 3 });
      expect(await store.drafts('bb')).toEqual([{ id: 'd', owner: 'bb', sealed: bytes(2), updatedMs: 2 }]);
      await store.deleteDraft('d');
      expect(await store.drafts('bb')).toEqual([]);
      expect((await store.drafts('cc')).length).toBe(1);
    });

    it('keeps a photo once, and when it was sent', async () => {
      const photo = { sha256: 'ff', size: 3, mime: 'image/jpeg', sealed: bytes(1, 2, 3), savedMs: 1, sentMs: 0 };
      await store.putPhoto(photo);
      await store.putPhotoSent('ff', 4);
      await store.unsendPhotos();
      expect((await store.photos()).map(({ sentMs }) => sentMs)).toEqual([0]);
      await store.putPhotoSent('ff', 5);
      await store.putPhoto({ ...photo, sealed: bytes(4), savedMs: 9 });
      expect(await store.findPhoto('ff')).toEqual({ ...photo, savedMs: 9, sentMs: 5 });
      expect(await store.photos()).toEqual([{ sha256: 'ff', size: 3, mime: 'image/jpeg', savedMs: 9, sentMs: 5 }]);
      expect(await store.findPhoto('00')).toBeNull();
    });

    it('deletes photos that are still as seen and that no draft names', async () => {
      const photo = { size: 3, mime: 'image/jpeg', sealed: bytes(1), savedMs: 1, sentMs: 0 };
      for (const sha256 of ['a1', 'a2', 'a3', 'a4']) await store.putPhoto({ ...photo, sha256 });
      const seen = await store.photos();
      await store.putDraft({ id: 'd', owner: 'bb', sealed: bytes(1), updatedMs: 1, photos: ['a2'] });
      await store.putPhoto({ ...photo, sha256: 'a3', savedMs: 2 });
      await store.putPhotoSent('a4', 2);
      expect(await store.dropPhotos(seen)).toEqual({ ok: true });
      expect([await store.findPhoto('a1'), (await store.photos()).map(({ sha256 }) => sha256).sort()]).toEqual([null, ['a2', 'a3', 'a4']]);
      await store.putDraft({ id: 'old', owner: 'cc', sealed: bytes(1), updatedMs: 1 });
      await store.dropPhotos(await store.photos());
      expect((await store.photos()).length).toBe(3);
    });

    it('keeps the people of the tablet', async () => {
      await store.putUser(USER);
      await store.putUser({ ...USER, failures: 3, wrapped: null });
      expect(await store.users()).toEqual([{ ...USER, failures: 3, wrapped: null }]);
      expect(await store.findUser('zz')).toBeNull();
      await store.putUserFeeds(USER.id, ['zone', 'dept:SCJG']);
      expect(await store.findUser(USER.id)).toEqual({ ...USER, failures: 3, wrapped: null, feeds: ['zone', 'dept:SCJG'] });
      await store.putUserFeeds('zz', []);
      const greeting = { device: 12, heads: [{ feed: 'zone', n: 3, hash: bytes(3) }] };
      await store.putUserFeeds(USER.id, ['zone'], greeting);
      await store.putUserFeeds(USER.id, ['zone']);
      expect(await store.findUser(USER.id)).toEqual({ ...USER, failures: 3, wrapped: null, feeds: ['zone'], greeting });
      const colleague = { ...USER, id: 'cc', pass: { content: bytes(1), signature: bytes(2) } };
      await store.putUser(colleague);
      expect(await store.dropKeys(['cc', 'zz'])).toEqual({ ok: true });
      expect(await store.findUser('cc')).toEqual({ ...USER, id: 'cc', wrapped: null });
      expect(await store.findUser('zz')).toBeNull();
    });
  });
}

let databases = 0;

function freshName(): string {
  databases += 1;
  return `test-${String(databases)}`;
}

storeContract('memory', () => Promise.resolve(new MemoryStore()));
storeContract('IndexedDB', () => IndexedStore.open(freshName()));

it('is the same for two tabs and after a reload', async () => {
  const name = freshName();
  const [one, two] = [await IndexedStore.open(name), await IndexedStore.open(name)];
  await one.putDraft({ id: 'd', owner: 'bb', sealed: new Uint8Array(1), updatedMs: 1 });
  expect((await two.drafts('bb')).length).toBe(1);
  one.close();
  two.close();
  expect((await (await IndexedStore.open(name)).drafts('bb')).length).toBe(1);
});

it('knows no epoch where version 0.1 kept a text', async () => {
  const store = await IndexedStore.open(freshName());
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const empty = new Uint8Array(1);
  const before = { number: 12, name: '', kind: 'tablet', point: { id: 'HALL', name: '' }, zone: empty, publicKey: empty, privateKey: pair.privateKey, hubKey: empty, epoch: 'ff'.repeat(16) };
  await store.putDevice(before as unknown as DeviceRow, { hlc: empty, hubMs: 0, offsetMs: 0 });
  expect((await store.findDevice())?.epoch).toBe(0);
  await store.putEpoch(3);
  expect((await store.findDevice())?.epoch).toBe(3);
});

it('says that a write failed instead of throwing', async () => {
  const store = await IndexedStore.open(freshName());
  store.close();
  expect(await store.putDraft({ id: 'd', owner: 'bb', sealed: new Uint8Array(1), updatedMs: 1 })).toMatchObject({
    ok: false,
    code: 'storage-failed',
  });
});
