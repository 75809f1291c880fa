// The store in IndexedDB, through Dexie.
//
// What a person wrote is committed with strict durability: when the promise resolves it is on the disk. What came from
// the hub is relaxed: after a crash page and cursor are both as they were before, and the page simply comes again.
// Nothing but IndexedDB calls may be awaited inside a transaction, so sealing and hashing happen before.

import { Dexie } from 'dexie';

import { Connection, type Both } from './connection';
import type { Signed } from '../sync/chain';
import type { Parted } from '../sync/messages';
import { asFormer, CLOCK_START, headMoved, isThere, isUnchanged, unclaimed, withNoted, type Append, type ClockRow, type DeviceRow, type DraftRow, type FeedRow, type FormerRow, type LogRow, type PageRow, type PhotoRow, type Saved, type Settlement, type Store, type UserRow } from './port';
import { VERSIONS, type Photo } from './schema';

const ONLY = 1; // the key of a table with one row

/** Version 0.1 kept a text here, of which nobody can say whether it is older: then none is known, and the hub is asked anew. */
function epochOf({ epoch }: DeviceRow): number {
  return typeof epoch === 'number' ? epoch : 0;
}

class HeadMoved extends Error {}

export class IndexedStore implements Store {
  private constructor(private readonly connection: Connection) {}

  /** Opens, upgrades or makes the database; rejects with StoreFailed when that cannot be, and leaves what is kept as it was. */
  static async open(name: string, versions = VERSIONS): Promise<IndexedStore> {
    return new IndexedStore(await Connection.open(name, versions));
  }

  /** Opens what could not be upgraded (`storage-upgrade`) as an earlier version left it: to be read, and no more. */
  static async openAsKept(name: string, versions = VERSIONS): Promise<IndexedStore> {
    return new IndexedStore(await Connection.openAsKept(name, versions));
  }

  get barrier(): 'storage-upgrade' | null {
    return this.connection.asKept ? 'storage-upgrade' : null;
  }

  async findDevice(): Promise<DeviceRow | null> {
    const row = await this.read(({ strict }) => strict.device.get(ONLY));
    return row === undefined ? null : { ...row, epoch: epochOf(row) };
  }

  putDevice(device: DeviceRow, clock: ClockRow): Promise<Saved> {
    return this.write(({ strict }) =>
      strict.transaction('rw', strict.device, strict.clock, async () => {
        await strict.device.put(device, ONLY);
        await strict.clock.put(clock, ONLY);
      }),
    );
  }

  putRevoked(revokedMs: number, revokedProven: boolean): Promise<Saved> {
    return this.write(({ strict }) => strict.device.update(ONLY, { revokedMs, revokedProven }));
  }

  putForked(forked: boolean): Promise<Saved> {
    return this.write(({ strict }) => strict.device.update(ONLY, { forked }));
  }

  putParted(parted: readonly Parted[]): Promise<Saved> {
    return this.write(({ strict }) => strict.device.update(ONLY, { parted }));
  }

  putEnrolments(enrolments: readonly Signed[]): Promise<Saved> {
    return this.write(({ strict }) => strict.device.update(ONLY, { enrolments }));
  }

  putDroppedPhotos(droppedPhotos: readonly string[]): Promise<Saved> {
    return this.write(({ strict }) => strict.device.update(ONLY, { droppedPhotos }));
  }

  succeed(device: DeviceRow): Promise<Saved> {
    return this.write(({ strict }) => {
      const { device: devices, clock: clocks, log, former, feeds, pages, users } = strict;
      return strict.transaction('rw', [devices, clocks, log, former, feeds, pages, users], async () => {
        const number = (await devices.get(ONLY))?.number ?? 0;
        // Done already, and nobody could say so: the log that begins now is not to be put aside.
        if (number === device.number) return;
        const rows = await log.toArray();
        await former.bulkAdd(asFormer(rows, number));
        await Promise.all([log.clear(), feeds.clear(), pages.clear()]);
        await users.toCollection().modify((user) => {
          user.grantUntilMs = 0;
          delete user.pass;
        });
        await clocks.update(ONLY, { pointSeq: 0 });
        await devices.put(device, ONLY);
      });
    });
  }

  former(): Promise<FormerRow[]> {
    // What could not be upgraded may be of a version without it.
    return this.read(async ({ strict }) => (strict.tables.some(({ name }) => name === 'former') ? strict.former.toArray() : []));
  }

  async clock(): Promise<ClockRow> {
    return (await this.read(({ strict }) => strict.clock.get(ONLY))) ?? CLOCK_START;
  }

  putHubTime(hubMs: number, offsetMs: number): Promise<Saved> {
    return this.write(({ relaxed }) =>
      relaxed.transaction('rw', relaxed.clock, async () => {
        const clock = (await relaxed.clock.get(ONLY)) ?? CLOCK_START;
        await relaxed.clock.put({ ...clock, hubMs: Math.max(clock.hubMs, hubMs), offsetMs }, ONLY);
      }),
    );
  }

  putEpoch(epoch: number): Promise<Saved> {
    return this.write(({ strict }) =>
      strict.transaction('rw', strict.device, async () => {
        const device = await strict.device.get(ONLY);
        if (device !== undefined) await strict.device.put({ ...device, epoch: Math.max(epochOf(device), epoch) }, ONLY);
      }),
    );
  }

  putPointSeq(seq: number): Promise<Saved> {
    return this.write(({ relaxed }) =>
      relaxed.transaction('rw', relaxed.clock, async () => {
        await relaxed.clock.put({ ...((await relaxed.clock.get(ONLY)) ?? CLOCK_START), pointSeq: seq }, ONLY);
      }),
    );
  }

  log(afterSeq: number): Promise<LogRow[]> {
    return this.read(({ strict }) => strict.log.where('seq').above(afterSeq).toArray());
  }

  append({ afterSeq, rows, hlc, counter, draftDone, renews }: Append): Promise<Saved<'head-moved'>> {
    return this.writeAtHead(({ strict }) => {
      const { log, clock: clocks, counters, drafts, former } = strict;
      return strict.transaction('rw', log, clocks, counters, drafts, former, async () => {
        // Written already, and nobody could say so: a link names all that went before it.
        if (isThere(rows, await log.get(afterSeq + 1))) return;
        const newest = await log.orderBy('seq').last();
        if ((newest?.seq ?? 0) !== afterSeq) throw new HeadMoved(`at ${String(newest?.seq ?? 0)}`);
        await log.bulkAdd(rows);
        const clock = (await clocks.get(ONLY)) ?? CLOCK_START;
        await clocks.put({ ...clock, hlc }, ONLY);
        if (counter !== null) await counters.put(counter);
        if (draftDone !== null) await drafts.delete(draftDone);
        if (renews !== null) await former.update([renews.device, renews.seq], { renewedMs: renews.atMs, renewedAs: renews.as });
      });
    });
  }

  settle(settlements: readonly Settlement[]): Promise<Saved> {
    return this.write(({ strict: { log }, strict }) =>
      strict.transaction('rw', log, async () => {
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
    return (await this.read(({ strict }) => strict.counters.get(day)))?.value ?? 0;
  }

  feeds(): Promise<FeedRow[]> {
    return this.read(({ relaxed }) => relaxed.feeds.toArray());
  }

  pages(feed: string, after: number): Promise<PageRow[]> {
    return this.read(({ relaxed }) => relaxed.pages.where('[feed+after]').between([feed, after], [feed, Dexie.maxKey]).toArray());
  }

  putPage(page: PageRow, feed: FeedRow): Promise<Saved<'head-moved'>> {
    return this.writeAtHead(({ relaxed: { feeds, pages }, relaxed }) =>
      relaxed.transaction('rw', feeds, pages, async () => {
        const n = (await feeds.get(feed.feed))?.n ?? 0;
        if (n !== page.after) throw new HeadMoved(`at ${String(n)}`);
        await pages.put(page);
        await feeds.put(feed);
      }),
    );
  }

  forgetFeed(feed: string): Promise<Saved> {
    return this.write(({ relaxed: { feeds, pages }, relaxed }) =>
      relaxed.transaction('rw', feeds, pages, async () => {
        await pages.where('[feed+after]').between([feed, Dexie.minKey], [feed, Dexie.maxKey]).delete();
        await feeds.delete(feed);
      }),
    );
  }

  rewindFeed(from: number, feed: FeedRow, cut: PageRow | null): Promise<Saved<'head-moved'>> {
    return this.writeAtHead(({ relaxed: { feeds, pages }, relaxed }) =>
      relaxed.transaction('rw', feeds, pages, async () => {
        const n = (await feeds.get(feed.feed))?.n ?? 0;
        if (n !== from) throw new HeadMoved(`at ${String(n)}`);
        await pages.where('[feed+after]').between([feed.feed, cut?.after ?? feed.n], [feed.feed, Dexie.maxKey]).delete();
        if (cut !== null) await pages.put(cut);
        await feeds.put(feed);
      }),
    );
  }

  drafts(owner: string): Promise<DraftRow[]> {
    return this.read(({ strict }) => strict.drafts.where('owner').equals(owner).toArray());
  }

  async findDraft(id: string): Promise<DraftRow | null> {
    return (await this.read(({ strict }) => strict.drafts.get(id))) ?? null;
  }

  putDraft(draft: DraftRow): Promise<Saved> {
    return this.write(({ strict }) => strict.drafts.put(draft));
  }

  deleteDraft(id: string): Promise<Saved> {
    return this.write(({ strict }) => strict.drafts.delete(id));
  }

  photos(): Promise<Photo[]> {
    return this.read(({ strict }) => strict.photos.toArray());
  }

  async findPhoto(sha256: string): Promise<PhotoRow | null> {
    const [photo, sealed] = await this.read(({ strict }) => Promise.all([strict.photos.get(sha256), strict.photoBytes.get(sha256)]));
    return photo === undefined || sealed === undefined ? null : { ...photo, sealed };
  }

  putPhoto({ sealed, ...photo }: PhotoRow): Promise<Saved> {
    return this.write(({ strict: { photos, photoBytes }, strict }) =>
      strict.transaction('rw', photos, photoBytes, async () => {
        const kept = await photos.get(photo.sha256);
        await photos.put(kept === undefined ? photo : { ...kept, savedMs: Math.max(kept.savedMs, photo.savedMs) });
        if (kept !== undefined) return;
        await photoBytes.put(sealed, photo.sha256);
      }),
    );
  }

  putPhotoSent(sha256: string, sentMs: number): Promise<Saved> {
    return this.write(({ strict }) => strict.photos.update(sha256, { sentMs }));
  }

  unsendPhotos(): Promise<Saved> {
    return this.write(({ strict }) => strict.photos.toCollection().modify({ sentMs: 0 }));
  }

  dropPhotos(doomed: Parameters<Store['dropPhotos']>[0]): Promise<Saved> {
    return this.write(({ strict: { photos, photoBytes, drafts }, strict }) =>
      strict.transaction('rw', photos, photoBytes, drafts, async () => {
        const free = unclaimed(doomed, await drafts.toArray());
        const kept = await photos.bulkGet(free.map(({ sha256 }) => sha256));
        const gone = free.filter((photo, i) => isUnchanged(kept[i], photo)).map(({ sha256 }) => sha256);
        await photos.bulkDelete(gone);
        await photoBytes.bulkDelete(gone);
      }),
    );
  }

  users(): Promise<UserRow[]> {
    return this.read(({ strict }) => strict.users.toArray());
  }

  async findUser(id: string): Promise<UserRow | null> {
    return (await this.read(({ strict }) => strict.users.get(id))) ?? null;
  }

  putUser(user: UserRow): Promise<Saved> {
    // In whatever shape the rest is: wrong PINs count, or what is read would be anybody's.
    return this.connection.write(({ strict }) => strict.users.put(user));
  }

  dropKeys(ids: readonly string[]): Promise<Saved> {
    return this.write(({ strict }) =>
      strict.users.where('id').anyOf(ids).modify((user) => {
        user.wrapped = null;
        delete user.pass;
      }),
    );
  }

  putUserFeeds(id: string, feeds: string[], greeting?: UserRow['greeting']): Promise<Saved> {
    return this.write(({ strict }) => strict.users.update(id, { feeds, ...(greeting && { greeting }) }));
  }

  addNoted(id: string, positions: readonly number[]): Promise<Saved> {
    return this.write(({ strict: { users }, strict }) =>
      strict.transaction('rw', users, async () => {
        const user = await users.get(id);
        if (user !== undefined) await users.put(withNoted(user, positions));
      }),
    );
  }

  close(): void {
    this.connection.end();
  }

  private read<T>(work: (both: Both) => PromiseLike<T>): Promise<T> {
    return this.connection.read(work);
  }

  private write(work: (both: Both) => PromiseLike<unknown>): Promise<Saved> {
    const { barrier } = this;
    if (barrier !== null) return Promise.resolve({ ok: false, code: barrier, detail: 'opened as it was kept' });
    return this.connection.write(work);
  }

  /** The same for a write that throws HeadMoved, which undoes it, when something else was written first. */
  private async writeAtHead(work: (both: Both) => PromiseLike<unknown>): Promise<Saved<'head-moved'>> {
    let moved: string | null = null;
    const outcome = await this.write(async (both) => {
      try {
        await work(both);
      } catch (error) {
        if (error instanceof HeadMoved) moved = error.message;
        throw error;
      }
    });
    return moved === null ? outcome : headMoved(moved);
  }
}
