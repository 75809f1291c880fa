// One connection of a device with the hub, as a state machine without I/O: messages in, effects out.
// Twin of sync/session.py (docs/protocol.md, section 5); what differs at a point's relay is in pointSession.ts.
//
// The caller has verified the hub's signatures before it hands a message over, and does what an effect says, in order.
// Pulling never waits for pushing: pages are asked for and taken whatever becomes of the log.

import { equalBytes, type Bytes } from './bytes';
import type { SessionEffect } from './effects';
import { hasParted, startCursor, subscribeTo, type Cursor } from './feed';
import { BACKOFF_MS_MAX } from './generated/limits';
import type { Ack, ClientMessage, FaultMessage, Heard, HubMessage, Page, Run, Stored, Welcome } from './messages';
import { acknowledged, appended, nextToPush, pushed, resume, settledEnd, type Outbox } from './outbox';
import { Pulse } from './pulse';
import { Repairs, type Next } from './repair';

export type { SessionEffect } from './effects';

export interface SessionStart {
  device: number;
  /** The newest event of the own log, and how much of it the hub had confirmed. */
  lastSeq: number;
  ackedSeq: number;
  /** The newest that the hub has signed, as far as is known here, or 0; a later one means that it was restored. */
  epoch: number;
  cursors: readonly Cursor[];
  /** The own log's link at a seq; nothing past its end. */
  linkAt: (seq: number) => Bytes | null;
  nowMs: number;
}

/** How often a feed may fail its check on one connection before it is fetched anew. */
export const DOUBTS_MAX = 2;
/** How long nothing is pushed after the hub could not take a push as it was. */
export const PUSH_PAUSE_MS = BACKOFF_MS_MAX;

export class Session {
  protected outbox: Outbox | null = null;
  private challenge: Bytes | null = null;
  protected readonly device: number;
  private readonly cursors = new Map<string, Cursor>();
  protected readonly doubts = new Map<string, number>();
  private repairs = new Repairs();
  protected readable: string[] = [];
  protected readonly pulse: Pulse;
  protected pushing = true;
  /** The hub has events under this device's number that are not here: another branch's, or what the storage here has lost. */
  private incomplete = false;
  // One push is put together at a time: until the caller says what went out, the next one's start is not known.
  private composing = false;
  private pausedUntilMs = 0;
  protected lastSeq: number;
  protected ackedSeq: number;
  private known: number;
  protected readonly linkAt: SessionStart['linkAt'];

  constructor(start: SessionStart) {
    this.device = start.device;
    this.linkAt = start.linkAt;
    this.lastSeq = start.lastSeq;
    this.ackedSeq = start.ackedSeq;
    this.known = start.epoch;
    this.pulse = new Pulse(start.nowMs);
    for (const cursor of start.cursors) this.cursors.set(cursor.feed, cursor);
  }

  /** The hub's epoch, as known here. It only grows. */
  get epoch(): number {
    return this.known;
  }

  /** Takes one message whose signatures the caller has verified. */
  receive(message: HubMessage, nowMs: number): SessionEffect[] {
    this.pulse.heard(nowMs);
    switch (message.type) {
      case 'welcome':
        return this.greet(message, nowMs);
      case 'ack':
        return this.outbox === null ? [] : this.ack(message, this.outbox, nowMs);
      case 'verdicts':
        return this.verdicts(message.device, message.runs);
      case 'page':
        return this.readable.includes(message.feed) ? this.page(message) : [];
      case 'prints':
        return this.goOn(message.feed, this.repairs.answered(message));
      case 'stored':
      case 'heard':
        return this.outbox === null ? [] : this.atPoint(message, this.outbox, nowMs);
      case 'pong':
        return [];
      case 'fault':
        return this.fault(message);
    }
  }

  /** HTTP is welcomed with every request: what is reported next answers the newest welcome. */
  challenged({ challenge }: Welcome): void {
    this.challenge = challenge;
  }

  /** What a report says has changed, or was not said for long. */
  counted(): SessionEffect[] {
    return this.challenge === null ? [] : [{ kind: 'report', challenge: this.challenge }];
  }

  /** The log has grown to `lastSeq`. */
  appended(lastSeq: number): SessionEffect[] {
    this.lastSeq = lastSeq;
    if (this.outbox !== null) this.outbox = appended(this.outbox, lastSeq);
    return this.push();
  }

  /** A push up to `seq` went out; there may be more. */
  pushed(seq: number, nowMs: number): SessionEffect[] {
    this.pulse.spoke(nowMs, this.outbox?.inFlight.length === 0);
    this.composing = false;
    if (this.outbox !== null) this.outbox = pushed(this.outbox, seq);
    return this.push();
  }

  /** The page and this cursor are stored. */
  stored(cursor: Cursor): void {
    this.cursors.set(cursor.feed, cursor);
    this.doubts.delete(cursor.feed);
  }

  /** A page of this feed did not fit: ask again from the cursor; when that goes on, from the beginning. */
  distrust(feed: string): SessionEffect[] {
    if (this.incomplete) {
      // The hub leaves out what this device wrote; what it has under this number is not here to be filled in.
      this.readable = this.readable.filter((name) => name !== feed);
      return [];
    }
    const doubts = (this.doubts.get(feed) ?? 0) + 1;
    this.doubts.set(feed, doubts);
    if (doubts <= DOUBTS_MAX) return [{ kind: 'send', message: subscribeTo(this.cursor(feed)) }];
    if (doubts > 2 * DOUBTS_MAX) return [{ kind: 'close', code: 'feed-hash' }];
    return this.refetch(feed);
  }

  /** What is stored of this feed has this chain, at its start and after each entry. */
  recounted(feed: string, chain: readonly Bytes[]): SessionEffect[] {
    return this.goOn(feed, this.repairs.recounted(feed, chain));
  }

  /** Called about once a second: keeps the socket alive and notices a dead one. */
  tick(nowMs: number): SessionEffect[] {
    const code = this.pulse.fault(nowMs, { greeted: this.outbox !== null, waiting: this.isWaiting() });
    if (code !== null) return [{ kind: 'close', code }];
    if (this.outbox === null) return [];
    const effects: SessionEffect[] = [];
    if (this.pausedUntilMs > 0 && nowMs >= this.pausedUntilMs) {
      this.pausedUntilMs = 0;
      this.outbox = resume(this.lastSeq, this.ackedSeq);
      effects.push(...this.push());
    }
    for (const message of this.pulse.beat(nowMs)) effects.push({ kind: 'send', message });
    return effects;
  }

  /** What one poll asks over HTTP, where nothing comes by itself. */
  subscriptions(): ClientMessage[] {
    const asked = this.readable.map((feed) => (this.repairs.has(feed) ? this.repairs.question(feed) : subscribeTo(this.cursor(feed))));
    return asked.filter((message) => message !== null);
  }

  /** Whether the answer to a push is due; one that was turned away is tried again later. */
  private isWaiting(): boolean {
    return this.outbox !== null && this.outbox.inFlight.length > 0 && this.pausedUntilMs === 0;
  }

  protected greet(welcome: Welcome, nowMs: number): SessionEffect[] {
    if (welcome.epoch < this.epoch) {
      // A restore has replaced this hub, however well it signs.
      return ended('epoch-over', String(welcome.epoch));
    }
    const effects: SessionEffect[] = [...this.loseConfirmed(welcome), { kind: 'greeted', welcome }];
    if (welcome.seq > this.lastSeq) {
      // The hub holds more of this log than this tablet: its own storage was lost or set back. Writing would fork it.
      this.pushing = false;
      this.incomplete = true;
      effects.push({ kind: 'problem', code: 'log-behind', detail: String(welcome.seq) });
    } else if (!this.links(welcome)) {
      // The branch is pushed once all the same, so that the hub has it and knows of the fork.
      this.incomplete = true;
      effects.push({ kind: 'problem', code: 'chain-fork', detail: String(welcome.seq) });
    }
    // What the hub has but did not acknowledge to us goes again: only a signed ack, with its verdicts, settles an event.
    this.ackedSeq = Math.min(welcome.seq, this.ackedSeq);
    this.outbox = resume(this.lastSeq, this.ackedSeq);
    this.pulse.answered(nowMs);
    this.readable = welcome.feeds.map(({ feed }) => feed);
    this.repairs = new Repairs();
    effects.push(...this.withdraw(welcome));
    for (const head of welcome.feeds) if (hasParted(this.cursor(head.feed), head)) effects.push(...this.part(head.feed));
    this.challenged(welcome);
    effects.push(...this.counted());
    for (const message of this.subscriptions()) effects.push({ kind: 'send', message });
    return [...effects, ...this.push()];
  }

  /** What this hub confirmed and cannot know of any more, it must confirm again. */
  private loseConfirmed({ epoch, seq }: Welcome): SessionEffect[] {
    if (epoch > this.epoch) return this.beginEpoch(epoch);
    if (seq >= this.ackedSeq) return [];
    this.ackedSeq = seq;
    return [{ kind: 'reopen', seq }];
  }

  /** In a new epoch everything is unsaid: what lay parked in the backup had perhaps been placed. */
  protected beginEpoch(epoch: number): SessionEffect[] {
    this.known = epoch;
    this.ackedSeq = 0;
    return [{ kind: 'epoch', epoch }];
  }

  /** What was read here and may not be any more; without a session nobody has said so, and a relay has its point's feed alone. */
  private withdraw({ session, relay }: Welcome): SessionEffect[] {
    if (!session || relay !== 0) return [];
    return [...this.cursors.keys()].filter((feed) => !this.readable.includes(feed)).map((feed) => this.withdrawn(feed));
  }

  private withdrawn(feed: string): SessionEffect {
    this.cursors.delete(feed);
    this.repairs.end(feed);
    return { kind: 'withdraw', feed };
  }

  protected ack(ack: Ack, outbox: Outbox, nowMs: number): SessionEffect[] {
    if (ack.epoch !== this.epoch) return [{ kind: 'close', code: 'not-the-hub' }];
    this.ackedSeq = settledEnd(outbox.acked, ack);
    this.outbox = acknowledged(outbox, this.ackedSeq);
    this.pulse.answered(nowMs);
    return [{ kind: 'settle', seq: this.ackedSeq, runs: ack.runs }, ...this.push()];
  }

  protected page(page: Page): SessionEffect[] {
    if (page.head !== null && page.head.epoch !== this.epoch) return [{ kind: 'close', code: 'not-the-hub' }];
    return [{ kind: 'page', page }];
  }

  protected verdicts(device: number, runs: Run[]): SessionEffect[] {
    return device === this.device ? [{ kind: 'settle', seq: 0, runs }] : [];
  }

  /** What only a relay says. */
  protected atPoint(_message: Stored | Heard, _outbox: Outbox, _nowMs: number): SessionEffect[] {
    return [];
  }

  /** Whether the end of this log at the other end is a place in this log. */
  protected links({ seq, link }: Welcome): boolean {
    const own = this.linkAt(seq);
    return own !== null && equalBytes(own, link);
  }

  protected push(): SessionEffect[] {
    const still = !this.pushing || this.composing || this.pausedUntilMs > 0;
    const firstSeq = this.outbox === null || still ? null : nextToPush(this.outbox);
    if (firstSeq === null) return [];
    this.composing = true;
    return [{ kind: 'push', firstSeq }];
  }

  protected fault({ code, about, detail, seq }: FaultMessage): SessionEffect[] {
    switch (code) {
      case 'chain-gap':
        if (this.outbox === null) return [];
        this.outbox = resume(this.lastSeq, Math.min(seq, this.ackedSeq));
        return this.push();
      case 'chain-fork':
        this.incomplete = true;
        this.pushing = false;
        return [{ kind: 'problem', code, detail }];
      case 'signature-invalid':
      case 'push-oversized':
        this.pausedUntilMs = this.pulse.heardMs + PUSH_PAUSE_MS;
        return [{ kind: 'problem', code, detail }];
      case 'feed-ahead':
      case 'feed-hash':
        return this.readable.includes(about) ? this.part(about) : [];
      case 'feed-not-entitled':
        // Nobody signs a fault: it takes nothing but what this hub was proven to serve here.
        if (!this.readable.includes(about)) return [];
        this.readable = this.readable.filter((feed) => feed !== about);
        return [this.withdrawn(about)];
      case 'session-expired':
      case 'clock-ahead':
      case 'pass-invalid':
        return [{ kind: 'problem', code, detail }];
      case 'report-invalid':
        // A challenge grows old while a tablet sleeps; the next report is over a new one.
        return [];
      case 'message-unknown':
        // An older hub compares nothing.
        if (this.repairs.underWay.length > 0) return this.repairs.underWay.flatMap((feed) => this.refetch(feed));
        return ended(code, detail);
      default:
        return ended(code, detail);
    }
  }

  /** The hub has another history of this feed: looks for where it parts, once; then all of it is fetched. */
  private part(feed: string): SessionEffect[] {
    if (this.repairs.has(feed)) return [];
    return this.cursor(feed).n > 0 && this.repairs.begin(feed) ? [{ kind: 'recount', feed }] : this.refetch(feed);
  }

  private goOn(feed: string, next: Next): SessionEffect[] {
    if (next === null) return [];
    if (next.type === 'compare') return [{ kind: 'send', message: next }];
    const { cursor } = next;
    if (cursor.n === 0) return this.refetch(feed);
    this.cursors.set(feed, cursor);
    return [
      { kind: 'rewind', cursor },
      { kind: 'send', message: subscribeTo(cursor) },
    ];
  }

  private refetch(feed: string): SessionEffect[] {
    const cursor = startCursor(feed);
    this.repairs.end(feed);
    this.cursors.set(feed, cursor);
    return [
      { kind: 'forget', feed },
      { kind: 'send', message: subscribeTo(cursor) },
    ];
  }

  protected cursor(feed: string): Cursor {
    return this.cursors.get(feed) ?? startCursor(feed);
  }
}

function ended(code: string, detail: string): SessionEffect[] {
  return [
    { kind: 'problem', code, detail },
    { kind: 'close', code },
  ];
}
