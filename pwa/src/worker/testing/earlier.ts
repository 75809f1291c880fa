// What earlier versions of this program left in IndexedDB, written as they wrote it: by IndexedDB's own calls, row by row.
//
// The rows are made from those of a store in memory: sealed as they were, and without what the version did not keep yet.

import type { MemoryStore } from '../../store/memory';
import type { PageRow, UserRow } from '../../store/port';
import { packValue } from '../../sync/codec';
import { pagePlace, readPage } from '../logged';
import { openVault, seal, unseal, type RawKeys } from '../vault';

/** `first`: schema 1, as 0.1 began; `second`: schema 2, which brought the former logs. Neither kept a page in its frame. */
export type Earlier = 'first' | 'second';

type Rows = Record<string, { key?: IDBValidKey; row: unknown }[]>;

const TABLES: Record<string, string | string[] | null> = {
  device: null,
  clock: null,
  log: 'seq',
  counters: 'day',
  feeds: 'feed',
  pages: ['feed', 'after'],
  drafts: 'id',
  photos: 'sha256',
  photoBytes: null,
  users: 'id',
};
const NUMBERS: Record<Earlier, number> = { first: 10, second: 20 };
const ONLY = 1;

/** Leaves `store` in a database of this name as that version would have; `day`: of which receipts were counted. */
export async function leaveAs(earlier: Earlier, store: MemoryStore, keys: RawKeys, name: string, day: string): Promise<void> {
  const rows = await rowsOf(earlier, store, keys, day);
  await new Promise<void>((resolve, reject) => {
    const request = indexedDB.open(name, NUMBERS[earlier]);
    request.onerror = () => { reject(request.error ?? new Error('not opened')); };
    request.onupgradeneeded = () => {
      for (const [table, keyPath] of Object.entries(TABLES)) {
        const made = request.result.createObjectStore(table, keyPath === null ? {} : { keyPath });
        if (table === 'drafts') made.createIndex('owner', 'owner');
      }
      if (earlier === 'second') request.result.createObjectStore('former', { keyPath: ['device', 'seq'] });
    };
    request.onsuccess = () => {
      const write = request.result.transaction(Object.keys(rows), 'readwrite');
      for (const [table, kept] of Object.entries(rows)) for (const { key, row } of kept) write.objectStore(table).add(row, key);
      write.onabort = () => { reject(write.error ?? new Error('not written')); };
      write.oncomplete = () => {
        request.result.close();
        resolve();
      };
    };
  });
}

async function rowsOf(earlier: Earlier, store: MemoryStore, keys: RawKeys, day: string): Promise<Rows> {
  const device = await store.findDevice();
  if (device === null) throw new Error('nobody enrolled');
  const { relays: _, revokedMs: __, ...known } = device;
  const { hlc, hubMs, offsetMs } = await store.clock();
  const feeds = await store.feeds();
  const pages = (await Promise.all(feeds.map(({ feed }) => store.pages(feed, 0)))).flat();
  const users = await store.users();
  const drafts = (await Promise.all(users.map(({ id }) => store.drafts(id)))).flat();
  const photos = await store.photos();
  const log = await store.log(0);
  const first = earlier === 'first';
  return {
    // A restored hub was known by another text then, not by a later number.
    device: [{ key: ONLY, row: { ...(first ? known : device), epoch: 'ab'.repeat(16) } }],
    clock: [{ key: ONLY, row: first ? { hlc, hubMs, offsetMs } : await store.clock() }],
    log: log.map((row) => ({ row })),
    counters: [{ row: { day, value: await store.counter(day) } }],
    feeds: feeds.map(({ feed, n, hash, receivedMs }) => ({ row: first ? { feed, n, hash } : { feed, n, hash, receivedMs } })),
    pages: await Promise.all(pages.map(async (page) => ({ row: await pageOf(page, keys) }))),
    drafts: drafts.map(({ photos: ___, ...row }) => ({ row })),
    photos: photos.map((row) => ({ row })),
    photoBytes: await Promise.all(photos.map(async ({ sha256 }) => ({ key: sha256, row: (await store.findPhoto(sha256))?.sealed }))),
    users: users.map((user) => ({ row: first ? withoutPass(user) : user })),
    ...(first ? {} : { former: log.slice(0, 1).map((row) => ({ row: { ...row, device: 7, renewedMs: 1 } })) }),
  };
}

/** The entries alone, packed anew, where the frame that they came in is kept now. */
async function pageOf({ feed, after, count, sealed }: PageRow, keys: RawKeys): Promise<PageRow> {
  const { tablet } = await openVault(keys);
  const entries = await readPage(await unseal(tablet, pagePlace(feed, after), sealed));
  return { feed, after, count, sealed: await seal(tablet, pagePlace(feed, after), packValue(entries)) };
}

function withoutPass({ pass: _, ...user }: UserRow): UserRow {
  return user;
}
