// The browser cuts the connection to IndexedDB when it likes: what it took along is run once more, and once only.

import 'fake-indexeddb/auto';
import { forceCloseDatabase } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, it, vi, type MockInstance } from 'vitest';

import { IndexedStore } from './indexed';
import type { LogRow } from './port';
import { keptVersion, VERSIONS } from './schema';

const DRAFT = { id: 'd', owner: 'bb', sealed: Uint8Array.of(1), updatedMs: 1 };
const ROW: LogRow = { seq: 1, stream: 'aa', actor: 'bb', sealed: Uint8Array.of(1), link: Uint8Array.of(2), savedMs: 1, state: 'queued', code: '', position: 0, hubMs: 0, acked: false };
const APPEND = { afterSeq: 0, rows: [ROW], hlc: new Uint8Array(8), counter: { day: '20261123', value: 1 }, draftDone: null, renews: null };
const OK = { ok: true };

const original = IDBDatabase.prototype.transaction;

let name = '';
let databases = 0;
let opened: IDBDatabase[] = [];
let store: IndexedStore;
let begin: MockInstance<IDBDatabase['transaction']>;

beforeEach(async () => {
  // Before it is opened: Dexie takes the method along then.
  begin = vi.spyOn(IDBDatabase.prototype, 'transaction');
  databases += 1;
  name = `cut-${String(databases)}`;
  opened = [];
  const open = indexedDB.open.bind(indexedDB);
  vi.spyOn(indexedDB, 'open').mockImplementation((...args) => {
    const request = open(...args);
    request.addEventListener('success', () => { opened.push(request.result); });
    return request;
  });
  vi.spyOn(console, 'warn').mockReturnValue(undefined);
  store = await IndexedStore.open(name);
});

afterEach(() => {
  store.close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** As a browser whose storage process dies: what is under way is aborted, `close` is told. */
function cut(): void {
  for (const database of opened.splice(0)) forceCloseDatabase(database as unknown as Parameters<typeof forceCloseDatabase>[0]);
}

/** Lets the next transactions fail to begin, so many times, as WebKit's do. */
function lose(times: number, error: string): void {
  for (let i = 0; i < times; i += 1) {
    begin.mockImplementationOnce(() => {
      throw new DOMException('Connection to Indexed Database server lost. Refresh the page to try again', error);
    });
  }
}

it('reads and writes on after the connection was closed', async () => {
  expect(await store.putDraft(DRAFT)).toEqual(OK);
  cut();
  expect(await store.drafts('bb')).toEqual([DRAFT]);
  cut();
  expect(await store.putDraft({ ...DRAFT, updatedMs: 2 })).toEqual(OK);
  cut();
  expect(await store.append(APPEND)).toEqual(OK);
  expect((await store.findDraft('d'))?.updatedMs).toBe(2);
});

it('writes once what was under way when it was cut', async () => {
  const written = store.append(APPEND);
  // Begun, and not yet done.
  await vi.waitFor(() => { expect(opened.length).toBeGreaterThan(0); });
  cut();
  expect(await written).toEqual(OK);
  expect(await store.log(0)).toEqual([ROW]);
  expect(await store.counter('20261123')).toBe(1);
});

it.each(['UnknownError', 'InvalidStateError'])('runs a transaction again that could not begin: %s', async (error) => {
  const before = begin.mock.results.length;
  lose(1, error);
  expect(await store.putDraft(DRAFT)).toEqual(OK);
  expect(begin.mock.results.slice(before).map(({ type }) => type)).toContain('throw');
  expect(await store.findDraft('d')).toEqual(DRAFT);
});

it('says that nothing was saved while there is no connection, and saves when there is', async () => {
  vi.mocked(indexedDB.open).mockImplementation(() => {
    throw new DOMException('Internal error.', 'UnknownError');
  });
  cut();
  expect(await store.putDraft(DRAFT)).toMatchObject({ ok: false, code: 'storage-failed' });
  await expect(store.drafts('bb')).rejects.toMatchObject({ name: 'StoreFailed', code: 'storage-failed' });
  vi.mocked(indexedDB.open).mockRestore();
  expect(await store.putDraft(DRAFT)).toEqual(OK);
  expect(await store.drafts('bb')).toEqual([DRAFT]);
});

it('says so when a storage that hangs does not open again, and goes on when it does', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let release = (): void => undefined;
  const holder = indexedDB.open(name, 21);
  const held = new Promise<void>((resolve) => { release = resolve; });
  const upgrading = new Promise<void>((resolve) => {
    holder.onupgradeneeded = () => {
      const table = holder.result.createObjectStore('later');
      let over = false;
      void held.then(() => { over = true; });
      const hold = (): void => { if (!over) table.get(1).onsuccess = hold; };
      hold();
      resolve();
    };
  });
  holder.onsuccess = () => { holder.result.close(); };
  await upgrading;
  const saving = store.putDraft(DRAFT);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await saving).toMatchObject({ ok: false, code: 'storage-failed' });
  vi.useRealTimers();
  release();
  expect(await store.putDraft(DRAFT)).toEqual(OK);
});

it('makes no empty database in place of one that is gone', async () => {
  await store.putDraft(DRAFT);
  await new Promise((resolve) => { indexedDB.deleteDatabase(name).onsuccess = resolve; });
  expect(await store.putDraft(DRAFT)).toMatchObject({ ok: false, code: 'storage-lost' });
  await expect(store.drafts('bb')).rejects.toMatchObject({ code: 'storage-lost' });
  expect(await keptVersion(name)).toBe(0);
  expect((await indexedDB.databases()).map((one) => one.name)).not.toContain(name);
});

it('leaves a database of a newer program alone, and goes on with one that was only added to', async () => {
  await store.putDraft(DRAFT);
  const added = await IndexedStore.open(name, [...VERSIONS, { version: 2.1, tables: { later: 'id' } }]);
  expect(await store.drafts('bb')).toEqual([DRAFT]);
  added.close();
  const newer = await IndexedStore.open(name, [...VERSIONS, { version: 3, tables: { later: 'id' } }]);
  expect(await store.putDraft(DRAFT)).toMatchObject({ ok: false, code: 'storage-newer' });
  await expect(IndexedStore.open(name)).rejects.toMatchObject({ code: 'storage-newer' });
  expect(await newer.drafts('bb')).toEqual([DRAFT]);
  newer.close();
  expect(await keptVersion(name)).toBe(30);
});

it('is as it was after an upgrade that the disk had no room for, and is upgraded when it has', async () => {
  await store.putDraft(DRAFT);
  store.close();
  const full = { version: 3, tables: { log: 'seq, state' }, upgrade: () => Promise.reject(new DOMException('full', 'QuotaExceededError')) };
  await expect(IndexedStore.open(name, [...VERSIONS, full])).rejects.toMatchObject({ code: 'storage-upgrade' });
  expect(await keptVersion(name)).toBe(20);
  const { upgrade: _, ...roomy } = full;
  const upgraded = await IndexedStore.open(name, [...VERSIONS, roomy]);
  expect(await upgraded.drafts('bb')).toEqual([DRAFT]);
  upgraded.close();
});

it('runs it once again, and not for ever', async () => {
  lose(9, 'UnknownError');
  expect(await store.putDraft(DRAFT)).toMatchObject({ ok: false, code: 'storage-failed' });
  begin.mockReset();
  expect(await store.putDraft(DRAFT)).toEqual(OK);
});

it('says that there was no room when a transaction finds that only at its end', async () => {
  begin.mockImplementationOnce(function (this: IDBDatabase, ...args) {
    const transaction = Reflect.apply(original, this, args);
    queueMicrotask(() => { (transaction as unknown as { _abort(error: string): void })._abort('QuotaExceededError'); });
    return transaction;
  });
  expect(await store.putDraft(DRAFT)).toMatchObject({ ok: false, code: 'storage-full' });
  expect(await store.findDraft('d')).toBeNull();
});
