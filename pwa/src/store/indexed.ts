// The store in IndexedDB, through Dexie.
//
// What a person wrote is committed with strict durability: when the promise resolves it is on the disk. What came from
// the hub is relaxed: after a crash page and cursor are both as they were before, and the page simply comes again.
// Nothing but IndexedDB calls may be awaited inside a transaction, so sealing and hashing happen before.

import { Dexie, type EntityTable, type Table } from 'dexie';

import { CLOCK_START, headMoved, isUnchanged, SAVED, unclaimed, type Append, type ClockRow, type CounterRow, type DeviceRow, type DraftRow, type FeedRow, type FormerRow, type LogRow, type PageRow, type PhotoRow, type Saved, type Settlement, type Store, type UserRow } from './port';

type Photo = Omit<PhotoRow, 'sealed'>;

class Tables extends Dexie {
  declare device: Table<DeviceRow, number>;
  declare clock: Table<ClockRow, number>;
  declare log: EntityTable<LogRow, 'seq'>;
  declare former: Table<FormerRow, [number, number]>;
  declare counters: EntityTable<CounterRow, 'day'>;
  declare feeds: EntityTable<FeedRow, 'feed'>;
  declare pages: Table<PageRow, [string, number]>;
  declare drafts: EntityTable<DraftRow, 'id'>;
  declare photos: EntityTable<Photo, 'sha256'>;
  // Apart from their rows, so that counting photos does not read megabytes.
  declare photoBytes: Table<PhotoRow['sealed'], string>;
  declare users: EntityTable<UserRow, 'id'>;

  constructor(name: string, durability: 'strict' | 'relaxed') {
    super(name, { chromeTransactionDurability: durability });
    this.version(1).stores({
      device: '',
      clock: '',
      log: 'seq',
      counters: 'day',
      feeds: 'feed',
      pages: '[feed+after]',
      drafts: 'id, owner',
      photos: 'sha256',
      photoBytes: '',
      users: 'id',
    });
    this.version(2).stores({ former: '[device+seq]' });
  }
}

const ONLY = 1; // the key of a table with one row

/** Version 0.1 kept a text here, of which nobody can say whether it is older: then none is known, and the hub is asked anew. */
function epochOf({ epoch }: DeviceRow): number {
  return typeof epoch === 'number' ? epoch : 0;
}

class HeadMoved extends Error {}

export class IndexedStore implements Store {
  private constructor(
    private readonly strict: Tables,
    private readonly relaxed: Tables,
  ) {}

  /** Opens, or makes, the database; rejects when the browser gives none. */
  static async open(name: string): Promise<IndexedStore> {
    const strict = new Tables(name, 'strict');
    await strict.open();
    const relaxed = new Tables(name, 'relaxed');
    await relaxed.open();
    return new IndexedStore(strict, relaxed);
  }

  async findDevice(): Promise<DeviceRow | null> {
    const row = await this.strict.device.get(ONLY);
    return row === undefined ? null : { ...row, epoch: epochOf(row) };
  }

  putDevice(device: DeviceRow, clock: ClockRow): Promise<Saved> {
    const { device: devices, clock: clocks } = this.strict;
    return saved(() =>
      this.strict.transaction('rw', devices, clocks, async () => {
        await devices.put(device, ONLY);
        await clocks.put(clock, ONLY);
      }),
    );
  }

  putRevoked(revokedMs: number): Promise<Saved> {
    return saved(() => this.strict.device.update(ONLY, { revokedMs }));
  }

  succeed(device: DeviceRow): Promise<Saved> {
    const { device: devices, clock: clocks, log, former, feeds, pages, users } = this.strict;
    return saved(() =>
      this.strict.transaction('rw', [devices, clocks, log, former, feeds, pages, users], async () => {
        const number = (await devices.get(ONLY))?.number ?? 0;
        const rows = await log.toArray();
        await former.bulkAdd(rows.map((row) => ({ ...row, device: number, renewedMs: 0 })));
        await Promise.all([log.clear(), feeds.clear(), pages.clear()]);
        await users.toCollection().modify((user) => {
          user.grantUntilMs = 0;
          delete user.pass;
        });
        await clocks.update(ONLY, { pointSeq: 0 });
        await devices.put(device, ONLY);
      }),
    );
  }

  former(): Promise<FormerRow[]> {
    return this.strict.former.toArray();
  }

  async clock(): Promise<ClockRow> {
    return (await this.strict.clock.get(ONLY)) ?? CLOCK_START;
  }

  putHubTime(hubMs: number, offsetMs: number): Promise<Saved> {
    const { clock: clocks } = this.relaxed;
    return saved(() =>
      this.relaxed.transaction('rw', clocks, async () => {
        const clock = (await clocks.get(ONLY)) ?? CLOCK_START;
        await clocks.put({ ...clock, hubMs: Math.max(clock.hubMs, hubMs), offsetMs }, ONLY);
      }),
    );
  }

  putEpoch(epoch: number): Promise<Saved> {
    const { device: devices } = this.strict;
    return saved(() =>
      this.strict.transaction('rw', devices, async () => {
        const device = await devices.get(ONLY);
        if (device !== undefined) await devices.put({ ...device, epoch: Math.max(epochOf(device), epoch) }, ONLY);
      }),
    );
  }

  putPointSeq(seq: number): Promise<Saved> {
    const { clock: clocks } = this.relaxed;
    return saved(() =>
      this.relaxed.transaction('rw', clocks, async () => {
        await clocks.put({ ...((await clocks.get(ONLY)) ?? CLOCK_START), pointSeq: seq }, ONLY);
      }),
    );
  }

  log(afterSeq: number): Promise<LogRow[]> {
    return this.strict.log.where('seq').above(afterSeq).toArray();
  }

  append({ afterSeq, rows, hlc, counter, draftDone, renews }: Append): Promise<Saved<'head-moved'>> {
    const { log, clock: clocks, counters, drafts, former } = this.strict;
    return savedAtHead(() =>
      this.strict.transaction('rw', log, clocks, counters, drafts, former, async () => {
        const newest = await log.orderBy('seq').last();
        if ((newest?.seq ?? 0) !== afterSeq) throw new HeadMoved(`at ${String(newest?.seq ?? 0)}`);
        await log.bulkAdd(rows);
        const clock = (await clocks.get(ONLY)) ?? CLOCK_START;
        await clocks.put({ ...clock, hlc }, ONLY);
        if (counter !== null) await counters.put(counter);
        if (draftDone !== null) await drafts.delete(draftDone);
        if (renews !== null) await former.update([renews.device, renews.seq], { renewedMs: renews.atMs });
      }),
    );
  }

  settle(settlements: readonly Settlement[]): Promise<Saved> {
    const { log } = this.strict;
    return saved(() =>
      this.strict.transaction('rw', log, async () => {
        const rows = await log.bulkGet(settlements.map(({ seq }) => seq));
        const changed = settlements.flatMap((settlement, i) => {
          const row = rows[i];
          return row === undefined ? [] : [{ ...row, ...settlement }];
        });
        await log.bulkPut(changed);
      }),
    );
  }

  async counter(day: string): Promise<number> {
    return (await this.strict.counters.get(day))?.value ?? 0;
  }

  feeds(): Promise<FeedRow[]> {
    return this.relaxed.feeds.toArray();
  }

  pages(feed: string, after: number): Promise<PageRow[]> {
    return this.relaxed.pages.where('[feed+after]').between([feed, after], [feed, Dexie.maxKey]).toArray();
  }

  putPage(page: PageRow, feed: FeedRow): Promise<Saved<'head-moved'>> {
    const { feeds, pages } = this.relaxed;
    return savedAtHead(() =>
      this.relaxed.transaction('rw', feeds, pages, async () => {
        const n = (await feeds.get(feed.feed))?.n ?? 0;
        if (n !== page.after) throw new HeadMoved(`at ${String(n)}`);
        await pages.put(page);
        await feeds.put(feed);
      }),
    );
  }

  forgetFeed(feed: string): Promise<Saved> {
    const { feeds, pages } = this.relaxed;
    return saved(() =>
      this.relaxed.transaction('rw', feeds, pages, async () => {
        await pages.where('[feed+after]').between([feed, Dexie.minKey], [feed, Dexie.maxKey]).delete();
        await feeds.delete(feed);
      }),
    );
  }

  drafts(owner: string): Promise<DraftRow[]> {
    return this.strict.drafts.where('owner').equals(owner).toArray();
  }

  async findDraft(id: string): Promise<DraftRow | null> {
    return (await this.strict.drafts.get(id)) ?? null;
  }

  putDraft(draft: DraftRow): Promise<Saved> {
    return saved(() => this.strict.drafts.put(draft));
  }

  deleteDraft(id: string): Promise<Saved> {
    return saved(() => this.strict.drafts.delete(id));
  }

  photos(): Promise<Photo[]> {
    return this.strict.photos.toArray();
  }

  async findPhoto(sha256: string): Promise<PhotoRow | null> {
    const [photo, sealed] = await Promise.all([this.strict.photos.get(sha256), this.strict.photoBytes.get(sha256)]);
    return photo === undefined || sealed === undefined ? null : { ...photo, sealed };
  }

  putPhoto({ sealed, ...photo }: PhotoRow): Promise<Saved> {
    const { photos, photoBytes } = this.strict;
    return saved(() =>
      this.strict.transaction('rw', photos, photoBytes, async () => {
        const kept = await photos.get(photo.sha256);
        await photos.put(kept === undefined ? photo : { ...kept, savedMs: Math.max(kept.savedMs, photo.savedMs) });
        if (kept !== undefined) return;
        await photoBytes.put(sealed, photo.sha256);
      }),
    );
  }

  putPhotoSent(sha256: string, sentMs: number): Promise<Saved> {
    return saved(() => this.strict.photos.update(sha256, { sentMs }));
  }

  unsendPhotos(): Promise<Saved> {
    return saved(() => this.strict.photos.toCollection().modify({ sentMs: 0 }));
  }

  dropPhotos(doomed: Parameters<Store['dropPhotos']>[0]): Promise<Saved> {
    const { photos, photoBytes, drafts } = this.strict;
    return saved(() =>
      this.strict.transaction('rw', photos, photoBytes, drafts, async () => {
        const free = unclaimed(doomed, await drafts.toArray());
        const kept = await photos.bulkGet(free.map(({ sha256 }) => sha256));
        const gone = free.filter((photo, i) => isUnchanged(kept[i], photo)).map(({ sha256 }) => sha256);
        await photos.bulkDelete(gone);
        await photoBytes.bulkDelete(gone);
      }),
    );
  }

  users(): Promise<UserRow[]> {
    return this.strict.users.toArray();
  }

  async findUser(id: string): Promise<UserRow | null> {
    return (await this.strict.users.get(id)) ?? null;
  }

  putUser(user: UserRow): Promise<Saved> {
    return saved(() => this.strict.users.put(user));
  }

  putUserFeeds(id: string, feeds: string[]): Promise<Saved> {
    return saved(() => this.strict.users.update(id, { feeds }));
  }

  close(): void {
    this.strict.close();
    this.relaxed.close();
  }
}

/** Runs a write; whatever the browser says against it (quota, corruption, eviction) comes back as a value. */
async function saved(write: () => PromiseLike<unknown>): Promise<Saved> {
  try {
    await write();
    return SAVED;
  } catch (error) {
    const name = error instanceof Error ? error.name : '';
    const code = name === 'QuotaExceededError' ? 'storage-full' : 'storage-failed';
    return { ok: false, code, detail: String(error) };
  }
}

/** The same for a write that throws HeadMoved, which undoes it, when something else was written first. */
async function savedAtHead(write: () => PromiseLike<unknown>): Promise<Saved<'head-moved'>> {
  let moved: string | null = null;
  const outcome = await saved(async () => {
    try {
      await write();
    } catch (error) {
      if (error instanceof HeadMoved) moved = error.message;
      throw error;
    }
  });
  return moved === null ? outcome : headMoved(moved);
}
