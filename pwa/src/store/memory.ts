// The store in memory: for tests and for the headless client. Rows are copied in, so that nobody changes a kept one.

import type { Signed } from '../sync/chain';
import type { Parted } from '../sync/messages';
import { asFormer, CLOCK_START, headMoved, isThere, isUnchanged, SAVED, unclaimed, withNoted, type Append, type ClockRow, type CounterRow, type DeviceRow, type DraftRow, type FeedRow, type FormerRow, type LogRow, type PageRow, type PhotoRow, type Saved, type Settlement, type Store, type UserRow } from './port';

export class MemoryStore implements Store {
  readonly barrier = null;
  private device: DeviceRow | null = null;
  private clockRow: ClockRow = CLOCK_START;
  private readonly logRows: LogRow[] = [];
  private readonly formerRows: FormerRow[] = [];
  private readonly counters = new Map<string, number>();
  private readonly feedRows = new Map<string, FeedRow>();
  private readonly pageRows = new Map<string, PageRow[]>();
  private readonly draftRows = new Map<string, DraftRow>();
  private readonly photoRows = new Map<string, PhotoRow>();
  private readonly userRows = new Map<string, UserRow>();

  findDevice(): Promise<DeviceRow | null> {
    return Promise.resolve(this.device);
  }

  putDevice(device: DeviceRow, clock: ClockRow): Promise<Saved> {
    this.device = { ...device };
    this.clockRow = { ...clock };
    return Promise.resolve(SAVED);
  }

  putRevoked(revokedMs: number, revokedProven: boolean): Promise<Saved> {
    if (this.device !== null) this.device = { ...this.device, revokedMs, revokedProven };
    return Promise.resolve(SAVED);
  }

  putForked(forked: boolean): Promise<Saved> {
    if (this.device !== null) this.device = { ...this.device, forked };
    return Promise.resolve(SAVED);
  }

  putParted(parted: readonly Parted[]): Promise<Saved> {
    if (this.device !== null) this.device = { ...this.device, parted };
    return Promise.resolve(SAVED);
  }

  putEnrolments(enrolments: readonly Signed[]): Promise<Saved> {
    if (this.device !== null) this.device = { ...this.device, enrolments };
    return Promise.resolve(SAVED);
  }

  putDroppedPhotos(droppedPhotos: readonly string[]): Promise<Saved> {
    if (this.device !== null) this.device = { ...this.device, droppedPhotos };
    return Promise.resolve(SAVED);
  }

  succeed(device: DeviceRow): Promise<Saved> {
    const number = this.device?.number ?? 0;
    if (number === device.number) return Promise.resolve(SAVED);
    this.formerRows.push(...asFormer(this.logRows, number));
    this.logRows.length = 0;
    this.feedRows.clear();
    this.pageRows.clear();
    for (const [id, { pass: _, ...user }] of this.userRows) this.userRows.set(id, { ...user, grantUntilMs: 0 });
    this.clockRow = { ...this.clockRow, pointSeq: 0 };
    this.device = { ...device };
    return Promise.resolve(SAVED);
  }

  former(): Promise<FormerRow[]> {
    return Promise.resolve(this.formerRows.map((row) => ({ ...row })));
  }

  clock(): Promise<ClockRow> {
    return Promise.resolve(this.clockRow);
  }

  putHubTime(hubMs: number, offsetMs: number): Promise<Saved> {
    this.clockRow = { ...this.clockRow, hubMs: Math.max(this.clockRow.hubMs, hubMs), offsetMs };
    return Promise.resolve(SAVED);
  }

  putEpoch(epoch: number): Promise<Saved> {
    if (this.device !== null) this.device = { ...this.device, epoch: Math.max(this.device.epoch, epoch) };
    return Promise.resolve(SAVED);
  }

  putPointSeq(seq: number): Promise<Saved> {
    this.clockRow = { ...this.clockRow, pointSeq: seq };
    return Promise.resolve(SAVED);
  }

  log(afterSeq: number): Promise<LogRow[]> {
    return Promise.resolve(this.logRows.slice(afterSeq).map((row) => ({ ...row })));
  }

  append({ afterSeq, rows, hlc, counter, draftDone, renews }: Append): Promise<Saved<'head-moved'>> {
    if (isThere(rows, this.logRows[afterSeq])) return Promise.resolve(SAVED);
    if (this.logRows.length !== afterSeq) return Promise.resolve(headMoved(`at ${String(this.logRows.length)}`));
    this.logRows.push(...rows.map((row) => ({ ...row })));
    this.clockRow = { ...this.clockRow, hlc };
    if (counter !== null) this.putCounter(counter);
    if (draftDone !== null) this.draftRows.delete(draftDone);
    const renewed = this.formerRows.find(({ device, seq }) => device === renews?.device && seq === renews.seq);
    if (renewed !== undefined && renews !== null) Object.assign(renewed, { renewedMs: renews.atMs, renewedAs: renews.as });
    return Promise.resolve(SAVED);
  }

  settle(settlements: readonly Settlement[]): Promise<Saved> {
    for (const settlement of settlements) {
      const row = this.logRows[settlement.seq - 1];
      if (row !== undefined) Object.assign(row, settlement);
    }
    return Promise.resolve(SAVED);
  }

  counter(day: string): Promise<number> {
    return Promise.resolve(this.counters.get(day) ?? 0);
  }

  feeds(): Promise<FeedRow[]> {
    return Promise.resolve([...this.feedRows.values()]);
  }

  pages(feed: string, after: number): Promise<PageRow[]> {
    return Promise.resolve((this.pageRows.get(feed) ?? []).filter((page) => page.after >= after));
  }

  putPage(page: PageRow, feed: FeedRow): Promise<Saved<'head-moved'>> {
    const n = this.feedRows.get(feed.feed)?.n ?? 0;
    if (n !== page.after) return Promise.resolve(headMoved(`at ${String(n)}`));
    const pages = this.pageRows.get(feed.feed) ?? [];
    pages.push({ ...page });
    this.pageRows.set(feed.feed, pages);
    this.feedRows.set(feed.feed, { ...feed });
    return Promise.resolve(SAVED);
  }

  forgetFeed(feed: string): Promise<Saved> {
    this.feedRows.delete(feed);
    this.pageRows.delete(feed);
    return Promise.resolve(SAVED);
  }

  rewindFeed(from: number, feed: FeedRow, cut: PageRow | null): Promise<Saved<'head-moved'>> {
    const n = this.feedRows.get(feed.feed)?.n ?? 0;
    if (n !== from) return Promise.resolve(headMoved(`at ${String(n)}`));
    const first = cut?.after ?? feed.n;
    const kept = (this.pageRows.get(feed.feed) ?? []).filter(({ after }) => after < first);
    this.pageRows.set(feed.feed, cut === null ? kept : [...kept, { ...cut }]);
    this.feedRows.set(feed.feed, { ...feed });
    return Promise.resolve(SAVED);
  }

  drafts(owner: string): Promise<DraftRow[]> {
    return Promise.resolve([...this.draftRows.values()].filter((draft) => draft.owner === owner));
  }

  findDraft(id: string): Promise<DraftRow | null> {
    return Promise.resolve(this.draftRows.get(id) ?? null);
  }

  putDraft(draft: DraftRow): Promise<Saved> {
    this.draftRows.set(draft.id, { ...draft });
    return Promise.resolve(SAVED);
  }

  deleteDraft(id: string): Promise<Saved> {
    this.draftRows.delete(id);
    return Promise.resolve(SAVED);
  }

  photos(): Promise<Omit<PhotoRow, 'sealed'>[]> {
    return Promise.resolve(Array.from(this.photoRows.values(), withoutBytes));
  }

  findPhoto(sha256: string): Promise<PhotoRow | null> {
    return Promise.resolve(this.photoRows.get(sha256) ?? null);
  }

  putPhoto(photo: PhotoRow): Promise<Saved> {
    const kept = this.photoRows.get(photo.sha256);
    this.photoRows.set(photo.sha256, kept === undefined ? { ...photo } : { ...kept, savedMs: Math.max(kept.savedMs, photo.savedMs) });
    return Promise.resolve(SAVED);
  }

  putPhotoSent(sha256: string, sentMs: number): Promise<Saved> {
    const photo = this.photoRows.get(sha256);
    if (photo !== undefined) this.photoRows.set(sha256, { ...photo, sentMs });
    return Promise.resolve(SAVED);
  }

  unsendPhotos(): Promise<Saved> {
    for (const [sha256, photo] of this.photoRows) this.photoRows.set(sha256, { ...photo, sentMs: 0 });
    return Promise.resolve(SAVED);
  }

  dropPhotos(doomed: Parameters<Store['dropPhotos']>[0]): Promise<Saved> {
    for (const photo of unclaimed(doomed, [...this.draftRows.values()])) {
      if (isUnchanged(this.photoRows.get(photo.sha256), photo)) this.photoRows.delete(photo.sha256);
    }
    return Promise.resolve(SAVED);
  }

  users(): Promise<UserRow[]> {
    return Promise.resolve([...this.userRows.values()]);
  }

  findUser(id: string): Promise<UserRow | null> {
    return Promise.resolve(this.userRows.get(id) ?? null);
  }

  putUser(user: UserRow): Promise<Saved> {
    this.userRows.set(user.id, { ...user });
    return Promise.resolve(SAVED);
  }

  dropKeys(ids: readonly string[]): Promise<Saved> {
    for (const id of ids) {
      const user = this.userRows.get(id);
      if (user === undefined) continue;
      const { pass: _, ...kept } = user;
      this.userRows.set(id, { ...kept, wrapped: null });
    }
    return Promise.resolve(SAVED);
  }

  putUserFeeds(id: string, feeds: string[], greeting?: UserRow['greeting']): Promise<Saved> {
    const user = this.userRows.get(id);
    if (user !== undefined) this.userRows.set(id, { ...user, feeds, ...(greeting && { greeting }) });
    return Promise.resolve(SAVED);
  }

  addNoted(id: string, positions: readonly number[]): Promise<Saved> {
    const user = this.userRows.get(id);
    if (user !== undefined) this.userRows.set(id, withNoted(user, positions));
    return Promise.resolve(SAVED);
  }

  close(): void {
    // Nothing is held open.
  }

  private putCounter({ day, value }: CounterRow): void {
    this.counters.set(day, value);
  }
}

export function withoutBytes({ sha256, size, mime, savedMs, sentMs }: PhotoRow): Omit<PhotoRow, 'sealed'> {
  return { sha256, size, mime, savedMs, sentMs };
}
