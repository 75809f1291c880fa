// The leading tab's line: what the session needs of the tablet. The photographs that follow their events: uploads.ts.

import { Line, type Counts, type LineHost, type LineSettings, type LineStart, type Place, type Tail } from '../net/line';
import { importPublicKey, sign } from '../net/sign';
import { equalBytes, fromHex, type Bytes } from '../sync/bytes';
import { startCursor, type Cursor } from '../sync/feed';
import { STANDING_READS_MAX } from '../sync/generated/limits';
import type { Page, Run, Standing, Welcome } from '../sync/messages';
import type { Changed } from '../sync/replica';
import type { DeviceRow, UserRow } from '../store/port';
import type { Change } from './api';
import { countsOf } from './backlog';
import { greetingOf } from './caughtUp';
import type { Core, Unlocked } from './core';
import { StoreFailed } from '../store/failure';
import { comeBack } from './lost';
import { HEARD, hears } from './neighbours';
import { Point, type MakeSocketAt } from './point';
import { dropFeeds, hearRevoked, RECORDS } from './revoked';
import type { LineState } from './tabs';
import { Uploads } from './uploads';

/** How relays are reached; not given: they are not. */
export interface AtPoint {
  socketAt?: MakeSocketAt;
}

export class Uplink implements LineHost {
  readonly zone: Bytes;
  readonly device: number;
  readonly account: Bytes;
  readonly appVersion: string;
  private readonly line: Line;
  /** The hub's newest, as known here; a later one means that it was restored. */
  private epoch = 0;
  private readonly uploads: Uploads;
  private readonly point: Point | null;

  private constructor(
    private readonly core: Core,
    private readonly unlocked: Unlocked,
    private readonly row: DeviceRow,
    readonly hubKey: CryptoKey,
    settings: LineSettings & AtPoint,
    private readonly turned: (state: Partial<LineState>) => void,
  ) {
    this.zone = row.zone;
    this.device = row.number;
    this.account = fromHex(unlocked.user.id);
    this.appVersion = core.surface.appVersion;
    const { socketAt } = settings;
    const problem = (code: string, detail: string): void => {
      this.problem(code, detail);
    };
    this.point = socketAt === undefined ? null : new Point(core, unlocked, row, hubKey, socketAt, problem, () => turned({}));
    this.line = new Line(this, settings, this.point);
    const signer = { zone: row.zone, device: row.number, privateKey: row.privateKey };
    this.uploads = new Uploads(core, unlocked, { hub: core.surface.hub, hubKey, epoch: () => this.epoch, signer }, problem, () => this.line.greetAgain());
  }

  static async open(
    core: Core,
    unlocked: Unlocked,
    row: DeviceRow,
    settings: LineSettings & AtPoint,
    turned: (state: Partial<LineState>) => void,
  ): Promise<Uplink> {
    const uplink = new Uplink(core, unlocked, row, await importPublicKey(row.hubKey), settings, turned);
    void uplink.line.run();
    return uplink;
  }

  stop(): void {
    this.uploads.stop();
    this.line.stop();
  }

  nudge(): void {
    this.line.nudge();
    this.point?.nudge();
    this.uploads.nudge();
  }

  wrote(): void {
    this.line.appended(this.unlocked.tablet.lastSeq);
    this.uploads.go();
  }

  // --- what the line asks --------------------------------------------------------------------------------------------

  now(): number {
    // The wall itself: heartbeats measure spans, and the hub wants to know this clock as it is.
    return this.core.surface.now();
  }

  counts(): Counts {
    return countsOf(this.core, this.unlocked.tablet);
  }

  async standing(): Promise<Standing> {
    const { tablet } = this.unlocked;
    const { usedBytes, quotaBytes } = await this.core.surface.space();
    return {
      last_seq: tablet.lastSeq,
      known_seq: tablet.furthestSeq,
      epoch: this.epoch,
      reads: tablet.allCursors.slice(0, STANDING_READS_MAX).map(({ feed, n, hash }) => ({ feed, n, hash })),
      storage: await this.core.storage(),
      used_bytes: usedBytes,
      quota_bytes: quotaBytes,
      parted: [...((await this.core.store.findDevice())?.parted ?? [])],
    };
  }

  async start(): Promise<LineStart> {
    const { tablet } = this.unlocked;
    await tablet.refresh();
    // As another tab may have left it.
    this.epoch = (await this.core.store.findDevice())?.epoch ?? 0;
    return { lastSeq: tablet.lastSeq, ackedSeq: tablet.ackedSeq, epoch: this.epoch, cursors: tablet.allCursors };
  }

  parked(): number[] {
    return this.unlocked.tablet.rows.filter(({ state }) => state === 'parked').map(({ seq }) => seq);
  }

  tail(firstSeq: number): Promise<Tail> {
    return Promise.resolve(this.unlocked.tablet.tail(firstSeq));
  }

  linkAt(seq: number): Bytes | null {
    return this.unlocked.tablet.linkAt(seq);
  }

  sign(statement: Bytes): Promise<Bytes> {
    return sign(this.row.privateKey, statement);
  }

  async settle(seq: number, runs: readonly Run[]): Promise<void> {
    const ids = await this.unlocked.tablet.settle(seq, runs);
    if (runs.some(({ code }) => code === 'device-revoked')) await hearRevoked(this.core, true);
    this.core.stored([{ kind: 'cases', ids: [...ids] }, { kind: 'status' }]);
    this.uploads.heard();
  }

  async reopen(seq: number): Promise<void> {
    const ids = await this.unlocked.tablet.reopen(seq);
    // The relay may hold the end of the log alone: what came before it was with the hub that is gone.
    await this.core.keepPointSeq(0);
    await this.unsendPhotos();
    this.core.stored([{ kind: 'cases', ids: [...ids] }, { kind: 'status' }]);
  }

  async beginEpoch(epoch: number): Promise<void> {
    // Before the epoch is kept: a crash between the two must not leave what the lost hub said standing.
    await this.reopen(0);
    const saved = await this.core.store.putEpoch(epoch);
    if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
    this.epoch = epoch;
  }

  async takePage(page: Page, frame: Bytes): Promise<Cursor | null> {
    const { core, unlocked } = this;
    // A device out of service may hold the zone's records alone; the next greeting says from where a feed is read.
    const barred = startCursor(page.feed);
    if (core.revoked && page.feed !== RECORDS) return barred;
    const taken = await unlocked.tablet.takePage(page, frame);
    // Heard while this page was under way: what is dropped then may not have had it yet.
    if (core.revokedProven && page.feed !== RECORDS) {
      await dropFeeds(core, [page.feed]);
      return barred;
    }
    if (taken === null) return null;
    this.core.stored(changesOf(taken.changed));
    return taken.cursor;
  }

  async forget(feed: string): Promise<void> {
    await this.unlocked.tablet.forget(feed);
    await this.keepParted(feed, 0);
    this.core.stored([{ kind: 'cases', ids: [] }, { kind: 'reference' }]);
  }

  recount(feed: string): Promise<Bytes[]> {
    const { tablet } = this.unlocked;
    return tablet.inTurn(() => tablet.pages.chain(feed));
  }

  async rewind(cursor: Cursor): Promise<void> {
    await this.unlocked.tablet.drop((pages) => pages.rewind(cursor));
    await this.keepParted(cursor.feed, cursor.n);
    this.core.stored([{ kind: 'cases', ids: [] }, { kind: 'reference' }]);
  }

  /** For the console: where this copy was another than the hub's. */
  private async keepParted(feed: string, n: number): Promise<void> {
    const others = ((await this.core.store.findDevice())?.parted ?? []).filter((one) => one.feed !== feed);
    const parted = [{ feed, n, at_ms: await this.core.now() }, ...others].slice(0, STANDING_READS_MAX);
    const saved = await this.core.store.putParted(parted);
    if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
  }

  /** It stays stored while somebody else who may unlock here may read it. */
  async withdraw(feed: string): Promise<void> {
    const { store } = this.core;
    const { user, tablet } = this.unlocked;
    const others = (await store.users()).filter(({ id, grantUntilMs }) => id !== user.id && grantUntilMs > tablet.now());
    const held = others.some(({ id, feeds }) => feeds.includes(feed) && tablet.replica.accounts.get(id)?.closed !== true);
    if (!held) await dropFeeds(this.core, hears([feed]) ? [HEARD, feed] : [feed]);
    await this.readOnly(user.feeds.filter((name) => name !== feed), null);
    this.core.stored([{ kind: 'status' }, { kind: 'cases', ids: [] }]);
  }

  /** Keeps which feeds this person may read, and shows what is in them. */
  private async readOnly(feeds: string[], greeted: UserRow['greeting'] | null): Promise<Changed> {
    const { user } = this.unlocked;
    const kept = greeted ?? user.greeting;
    // What may not be read any more is not waited for.
    const greeting = kept && { ...kept, heads: kept.heads.filter(({ feed }) => feeds.includes(feed)) };
    this.unlocked.user = { ...user, feeds, ...(greeting && { greeting }) };
    const saved = await this.core.store.putUserFeeds(user.id, feeds, greeting);
    if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
    return this.unlocked.tablet.read(feeds);
  }

  async greeted(welcome: Welcome): Promise<void> {
    const { tablet } = this.unlocked;
    const ownLink = tablet.linkAt(welcome.seq);
    const whole = ownLink !== null && equalBytes(ownLink, welcome.link);
    if (whole) await tablet.trust();
    const offsetMs = this.now() - welcome.hub_ms;
    this.core.clockOffsetMs = offsetMs;
    await tablet.keepHubTime(welcome.hub_ms, offsetMs);
    // A relay knows only what it has mirrored.
    if (welcome.relay === 0) await hearRevoked(this.core, welcome.revoked);
    this.turned({ sessionNeeded: !welcome.session, ...(whole ? { logEnd: tablet.lastSeq } : {}) });
    // What may be read only the hub says.
    if (!welcome.session || welcome.relay !== 0) return;
    const feeds = welcome.feeds.map(({ feed }) => feed);
    const greeting = await greetingOf(this.core, this.unlocked, welcome);
    if (greeting === null && feeds.join(' ') === this.unlocked.user.feeds.join(' ')) return;
    this.core.stored(changesOf(await this.readOnly(feeds, greeting)));
  }

  answered(): void {
    this.core.show(null);
  }

  reached(place: Place): void {
    this.turned({ place });
    if (place === 'hub') this.uploads.heard();
  }

  problem(code: string, detail: string): void {
    if (code === 'session-expired') {
      this.turned({ sessionNeeded: true });
      // The next greeting says whether the session is over or the device.
      this.line.greetAgain();
      return;
    }
    if (code === 'device-unknown') {
      this.comeBack().catch((error: unknown) => {
        this.defect(error);
      });
      return;
    }
    if (code === 'chain-fork') {
      this.unlocked.tablet.keepForked(true).catch((error: unknown) => {
        this.defect(error);
      });
    }
    if (code !== 'log-behind') {
      this.core.show(code);
      return;
    }
    this.unlocked.tablet.markStale(Number(detail));
    this.core.show('storage-lost');
    this.turned({ logEnd: Number(detail) });
  }

  defect(error: unknown): void {
    this.core.failed(error);
  }

  /** A restored hub may have lost this device; the line tries again by itself. */
  private async comeBack(): Promise<void> {
    if (!(await comeBack(this.core))) this.core.show('device-unknown');
  }

  /** What a hub confirmed before it was restored it must confirm again; the bytes are still here, but for what a device out of service dropped. */
  private async unsendPhotos(): Promise<void> {
    const { store } = this.core;
    for (const saved of [await store.unsendPhotos(), await store.putDroppedPhotos([])]) {
      if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
    }
    await this.core.loadPhotos();
  }
}

export function changesOf({ cases, reference }: Changed): Change[] {
  const changes: Change[] = [{ kind: 'status' }];
  if (cases.size > 0) changes.push({ kind: 'cases', ids: [...cases] });
  if (reference) changes.push({ kind: 'reference' });
  return changes;
}
