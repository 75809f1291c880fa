// The unlocked tablet: its log and feeds in memory beside the store, and every write to them.
//
// One per tab. Appends of several tabs are serialised by a lock; whoever finds that another tab wrote first reads what
// it wrote and tries again. `refresh` brings in what other tabs have stored.

import { compareBytes, fromHex, toHex, type Bytes } from '../sync/bytes';
import { logStart, nextLink } from '../sync/chain';
import { tick, ZERO } from '../sync/clock';
import { decodeHead, encodeEvent } from '../sync/event';
import { startCursor, takePage, type Cursor } from '../sync/feed';
import { PUSH_EVENTS_MAX } from '../sync/generated/limits';
import type { Page, Run } from '../sync/messages';
import { pushLength } from '../sync/outbox';
import { Replica, type Changed, type OwnEvent } from '../sync/replica';
import type { DeviceRow, FeedRow, LogRow, Saved, Settlement, Store } from '../store/port';
import { localLocks, type Locks } from './tabs';
import { StoreFailed } from '../store/failure';
import { keepForked } from './forked';
import { logPlace, merge, nothing, ownEventOf, type Logged, type Making } from './logged';
import { hears, isFeed, Neighbours } from './neighbours';
import { begun, Pages } from './pages';
import { differs, settlementOnly, settlementsOf } from './settlements';
import { seal, unseal, type Vault } from './vault';

const LOG_LOCK = 'zc-log';
const MOVED_MAX = 5;
/** What the hub has said of an event of which it has said nothing. */
const UNSAID = { state: 'queued', code: '', position: 0, hubMs: 0, acked: false } as const;
const NOTHING_TO_WRITE = { ok: false, code: 'not-found', detail: 'done already' } as const;

export class Tablet {
  /** Made anew when a feed is forgotten. */
  replica: Replica;
  readonly neighbours: Neighbours;
  private readonly log: Logged[] = [];
  private readonly cursors = new Map<string, FeedRow>();
  readonly loaded = new Map<string, number>(); // how far each feed is folded in
  private hubMs = 0;
  /** Everything before is acknowledged; the log is long, so this only walks on. */
  private ackedEnd = 0;
  /** How far this log is known to go elsewhere while it is shorter here; 0: it is whole, as far as anybody has said. */
  private endElsewhere = 0;
  /** The hub has another log under this number: a receipt given here might be given there as well. The store keeps it, a little later. */
  private forked = false;
  readonly pages: Pages;
  // What reads the store and changes what is kept in memory goes one at a time.
  private readonly turns = localLocks();

  private constructor(
    private readonly store: Store,
    private readonly device: DeviceRow,
    private readonly vault: Vault,
    private readonly locks: Locks,
    private readonly wallNow: () => number,
    private feeds: readonly string[],
  ) {
    this.replica = new Replica(device.number);
    this.neighbours = new Neighbours(store, vault);
    this.pages = new Pages(store, vault, (seq) => this.eventAt(seq));
  }

  /** Opens log and feeds with the unlocked keys; `feeds` are those that this person may read. */
  static async open(store: Store, device: DeviceRow, vault: Vault, locks: Locks, wallNow: () => number, feeds: readonly string[]): Promise<Tablet> {
    const tablet = new Tablet(store, device, vault, locks, wallNow, feeds);
    tablet.hubMs = (await store.clock()).hubMs;
    await tablet.refresh();
    return tablet;
  }

  /** The time here, never before the newest hub time seen. */
  now(): number {
    return Math.max(this.wallNow(), this.hubMs);
  }

  get lastSeq(): number {
    return this.log.length;
  }

  /** The end of the log that the hub's signature covers. */
  get ackedSeq(): number {
    while (this.log[this.ackedEnd]?.acked === true) this.ackedEnd += 1;
    return this.ackedEnd;
  }

  get rows(): readonly Logged[] {
    return this.log;
  }

  get allCursors(): Cursor[] {
    return [...this.cursors.values()];
  }

  /** When something last came from the hub, to any tab and before any reload; 0: never. */
  get lastReceivedMs(): number {
    return Math.max(0, ...Array.from(this.cursors.values(), ({ receivedMs }) => receivedMs ?? 0));
  }

  eventAt(seq: number): Bytes | undefined {
    return this.log[seq - 1]?.event;
  }

  linkAt(seq: number): Bytes | null {
    return seq === 0 ? logStart(this.device.publicKey) : (this.log[seq - 1]?.link ?? null);
  }

  /** The log from `firstSeq` on, as much of it as one push may carry. */
  tail(firstSeq: number): { baseLink: Bytes; events: Bytes[]; lastLink: Bytes } {
    const rows = this.log.slice(firstSeq - 1, firstSeq - 1 + PUSH_EVENTS_MAX);
    const sent = rows.slice(0, pushLength(rows.map(({ event }) => event.length)));
    const baseLink = this.linkAt(firstSeq - 1);
    const lastLink = sent.at(-1)?.link;
    if (baseLink === null || lastLink === undefined) throw new Error(`the log has no event ${String(firstSeq)}`);
    return { baseLink, events: sent.map(({ event }) => event), lastLink };
  }

  /** There was, or is at the hub, more of this log than is here: this storage was set back; writing on might fork it. */
  markStale(end: number): void {
    this.endElsewhere = Math.max(this.endElsewhere, end);
  }

  /** The hub has said where the log ends, and it ends here. */
  async trust(): Promise<void> {
    this.endElsewhere = 0;
    await this.keepForked(false);
  }

  async keepForked(forked: boolean): Promise<void> {
    this.forked = forked;
    await keepForked(this.store, this.device.number, forked);
  }

  async isForked(): Promise<boolean> {
    return this.forked || (await this.store.findDevice())?.forked === true;
  }

  get isStale(): boolean {
    return this.endElsewhere > 0;
  }

  /** The hub has told the tab that leads where the log ends: here, when what that tab stored is read too, or further on. */
  async heardEnd(end: number): Promise<void> {
    if (!this.isStale && this.lastSeq >= end) return;
    await this.refresh();
    if (this.lastSeq >= end) this.endElsewhere = 0;
    else this.markStale(end);
  }

  /** The furthest that this log is known to have gone, here or elsewhere. */
  get furthestSeq(): number {
    return Math.max(this.lastSeq, this.endElsewhere);
  }

  /** Reads what is in the store and not here yet. */
  refresh(): Promise<Changed> {
    return this.inTurn(() => this.catchUp());
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.turns.hold('turn', work);
  }

  private async catchUp(): Promise<Changed> {
    const changed = await this.refreshLog();
    const all = await this.store.feeds();
    const feedRows = all.filter(({ feed }) => isFeed(feed));
    const standing = new Set(feedRows.map(({ feed }) => feed));
    const gone = [...this.cursors.keys()].filter((feed) => !standing.has(feed));
    for (const feed of gone) this.cursors.delete(feed);
    const hidden = [...this.loaded.keys()].some((feed) => !this.feeds.includes(feed));
    const rewound = feedRows.some(({ feed, rewound }) => this.loaded.has(feed) && rewound !== this.cursors.get(feed)?.rewound);
    if (gone.length > 0 || hidden || rewound) this.emptyReplica();
    for (const row of feedRows) this.cursors.set(row.feed, row);
    for (const feed of this.feeds) merge(changed, await this.loadPages(feed));
    if (hears(this.feeds)) merge(changed, await this.neighbours.load(all, this.replica, this.now()));
    return changed;
  }

  /** The hub has said what this person may read now; what came by other feeds alone is not shown any more. */
  read(feeds: readonly string[]): Promise<Changed> {
    this.feeds = feeds;
    return this.refresh();
  }

  /** Appends one event, with what `make` says must be written together with it; null: there is nothing to write any more. */
  async append(actor: string, make: () => Promise<Making | null>): Promise<Saved<'storage-lost' | 'chain-fork' | 'not-found'>> {
    return this.locks.hold(LOG_LOCK, async () => {
      for (let attempt = 0; attempt < MOVED_MAX; attempt += 1) {
        const forked = await this.isForked();
        if (forked || this.isStale) return { ok: false, code: forked ? 'chain-fork' : 'storage-lost', detail: 'the hub holds another log, or more of this one' };
        const written = await this.inTurn(async () => {
          await this.readNewRows();
          const making = await make();
          return making === null ? NOTHING_TO_WRITE : this.write(actor, making);
        });
        if (written.ok) return { ok: true };
        if (written.code !== 'head-moved') return { ok: false, code: written.code, detail: written.detail };
      }
      return { ok: false, code: 'storage-failed', detail: 'the log moved again and again' };
    });
  }

  /** Runs while no tab can write to the log, with all of it read here. */
  holdLog<T>(work: () => Promise<T>): Promise<T> {
    return this.locks.hold(LOG_LOCK, () =>
      this.inTurn(async () => {
        await this.readNewRows();
        return work();
      }),
    );
  }

  /** Keeps what the hub said of own events; `ackedTo`: its signature covers the log up to there. */
  settle(ackedTo: number, runs: readonly Run[]): Promise<Set<string>> {
    return this.inTurn(() => this.keep(settlementsOf(this.log, this.ackedSeq, ackedTo, runs)));
  }

  /** The hub has less of the log than it had confirmed: it was restored. All behind is to be sent again. */
  reopen(seq: number): Promise<Set<string>> {
    return this.inTurn(() => this.keep(this.log.filter((row) => row.seq > seq).map((row) => ({ seq: row.seq, ...UNSAID }))));
  }

  /** Checks a page and stores the frame that it came in with its cursor; null when it does not fit. */
  takePage(page: Page, frame: Bytes): Promise<{ cursor: Cursor; changed: Changed } | null> {
    return this.inTurn(() => this.storePage(page, frame));
  }

  private async storePage(page: Page, frame: Bytes): Promise<{ cursor: Cursor; changed: Changed } | null> {
    const before = this.cursors.get(page.feed) ?? startCursor(page.feed);
    const taking = takePage(before, page, this.device.number, (seq) => this.eventAt(seq));
    if (taking.kind === 'not-next' && !taking.ahead) return { cursor: before, changed: nothing() };
    if (taking.kind !== 'taken') return null;
    const { cursor, entries } = taking;
    if (page.head !== null && (page.head.n !== cursor.n || compareBytes(page.head.hash, cursor.hash) !== 0)) return null;
    if (entries.length === 0) return { cursor, changed: nothing() };
    const sealed = await this.pages.seal(page.feed, page.after, frame);
    const row = { ...begun(before), ...cursor, receivedMs: this.wallNow() };
    const saved = await this.store.putPage({ feed: page.feed, after: page.after, count: entries.length, sealed }, row);
    if (!saved.ok) {
      if (saved.code !== 'head-moved') throw new StoreFailed(saved.code, saved.detail);
      await this.catchUp(); // another tab wrote first: the page is held against what is stored now
      return this.storePage(page, frame);
    }
    this.cursors.set(page.feed, row);
    this.loaded.set(page.feed, cursor.n);
    const changed = this.replica.take(entries, this.now());
    await this.neighbours.tidy(this.replica);
    return { cursor, changed };
  }

  /** Drops of a feed what `work` does, in the store and in memory: what was folded from it must go as well. */
  drop(work: (pages: Pages) => Promise<void>): Promise<void> {
    return this.inTurn(async () => {
      await work(this.pages);
      await this.catchUp();
    });
  }

  forget(feed: string): Promise<void> {
    return this.drop((pages) => pages.forget(feed));
  }

  /** Back to the own log alone; `catchUp` folds in again what stands. */
  private emptyReplica(): void {
    this.replica = new Replica(this.device.number);
    this.loaded.clear();
    this.replica.addOwn(this.log.map((row) => ownEventOf(this.device.number, row)));
    if (hears(this.feeds)) this.neighbours.tell(this.replica, this.now());
  }

  async keepHubTime(hubMs: number, offsetMs: number): Promise<void> {
    this.hubMs = Math.max(this.hubMs, hubMs);
    const saved = await this.store.putHubTime(hubMs, offsetMs);
    if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
  }

  private async write(actor: string, { authored, counter, draftDone, renews }: Making): Promise<Saved<'head-moved'>> {
    const { type, stream, body, on } = authored;
    // Along a log the clock only grows, whatever the wall says and whoever writes; the hub refuses what goes back.
    const { hlc: stored } = await this.store.clock();
    const read = [stored, this.replica.hlc, this.log.at(-1)?.head.hlc ?? ZERO];
    const hlc = tick(read.reduce((last, one) => (compareBytes(one, last) > 0 ? one : last)), this.now());
    const known = this.replica.cases.get(toHex(stream));
    const event = encodeEvent({ type, stream, hlc, actor: fromHex(actor), body, ...(on ?? { base: known?.position ?? 0, seen: known?.seen(this.device.number, this.replica.durable) ?? [] }) });
    const afterSeq = this.log.length;
    const link = nextLink(this.linkAt(afterSeq) ?? new Uint8Array(32), event);
    const sealed = await seal(this.vault.tablet, logPlace(afterSeq + 1), event);
    const row: LogRow = { seq: afterSeq + 1, stream: toHex(stream), actor, sealed, link, savedMs: this.now(), ...UNSAID, ...(renews && { renews: { device: renews.device, seq: renews.seq } }) };
    const saved = await this.store.append({ afterSeq, rows: [row], hlc, counter, draftDone, renews });
    if (!saved.ok) return saved;
    const logged = { ...row, event, head: decodeHead(event) };
    this.log.push(logged);
    this.replica.addOwn([ownEventOf(this.device.number, logged)]);
    return saved;
  }

  private async keep(changes: Settlement[]): Promise<Set<string>> {
    if (changes.length === 0) return new Set();
    const saved = await this.store.settle(changes);
    if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
    return this.applySettlements(changes);
  }

  private applySettlements(changes: readonly Settlement[]): Set<string> {
    const own: OwnEvent[] = [];
    for (const change of changes) {
      const row = this.log[change.seq - 1];
      if (row === undefined) continue;
      row.state = change.state;
      row.code = change.code;
      row.position = change.position;
      row.hubMs = change.hubMs;
      row.acked = change.acked;
      if (!change.acked) this.ackedEnd = Math.min(this.ackedEnd, change.seq - 1);
      own.push(ownEventOf(this.device.number, row));
    }
    return this.replica.addOwn(own);
  }

  /** Rows of other tabs, and what the hub has said since of rows that were still open here. */
  private async refreshLog(): Promise<Changed> {
    const changed = nothing();
    const firstOpen = this.log.findIndex(({ state, acked }) => !acked || state === 'queued' || state === 'parked');
    if (firstOpen >= 0) {
      const rows = await this.store.log(firstOpen);
      const known = rows.filter((row) => row.seq <= this.log.length && differs(row, this.log[row.seq - 1]));
      for (const id of this.applySettlements(known.map(settlementOnly))) changed.cases.add(id);
    }
    for (const id of await this.readNewRows()) changed.cases.add(id);
    return changed;
  }

  private async readNewRows(): Promise<Set<string>> {
    const fresh: Logged[] = [];
    for (const row of await this.store.log(this.log.length)) {
      const event = await unseal(this.vault.tablet, logPlace(row.seq), row.sealed);
      fresh.push({ ...row, event, head: decodeHead(event) });
    }
    this.log.push(...fresh);
    return this.replica.addOwn(fresh.map((row) => ownEventOf(this.device.number, row)));
  }

  private async loadPages(feed: string): Promise<Changed> {
    const changed = nothing();
    for await (const { entries, end } of this.pages.read(feed, this.loaded.get(feed) ?? 0)) {
      merge(changed, this.replica.take(entries, this.now()));
      this.loaded.set(feed, end);
    }
    return changed;
  }
}
