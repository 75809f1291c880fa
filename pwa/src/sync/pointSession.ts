// The device's end of a connection to its point's relay: session.ts, with what differs there.
// Twin of sync/point_session.py (docs/protocol.md, section 10).
//
// A relay stores and passes on; it is believed in what it did itself (`stored`), and for all else only in what the hub or
// the author signed: the caller has verified that (net/portal.ts). So nothing is ever forgotten or confirmed on a relay's
// word, and any moment may switch to the hub.

import type { Bytes } from './bytes';
import { subscribeTo } from './feed';
import type { Ack, ClientMessage, FaultMessage, Heard, Page, Present, Stored, Welcome } from './messages';
import { acknowledged, resume, settledEnd, type Outbox } from './outbox';
import { DOUBTS_MAX, Session, type SessionEffect, type SessionStart } from './session';

/** What a device brings to a relay. */
export interface AtRelay {
  /** The pass of the person's sign-in; null: push only. */
  present: Present | null;
  /** The feeds that the pass opens there. */
  feeds: readonly string[];
  /** How far the relay's journal was heard; zeros: not at all. */
  journal: Bytes;
  n: number;
  /** How far the log was known to be at the point. */
  mark: number;
}

export class PointSession extends Session {
  private journal: Bytes;
  private n: number;

  constructor(
    start: SessionStart,
    private readonly at: AtRelay,
  ) {
    super(start);
    this.journal = at.journal;
    this.n = at.n;
  }

  /** What was heard is kept up to this place. */
  heardTo(journal: Bytes, n: number): void {
    this.journal = journal;
    this.n = n;
  }

  /** Hear everything again: the zone knows devices now that it did not know before. */
  relisten(): SessionEffect[] {
    this.heardTo(new Uint8Array(16), 0);
    return this.neighbours().map((message) => ({ kind: 'send', message }));
  }

  override distrust(feed: string): SessionEffect[] {
    const doubts = (this.doubts.get(feed) ?? 0) + 1;
    this.doubts.set(feed, doubts);
    if (doubts <= DOUBTS_MAX) return [{ kind: 'send', message: subscribeTo(this.cursor(feed)) }];
    return this.leaveOut(feed, 'feed-hash', feed);
  }

  protected override greet(welcome: Welcome, nowMs: number): SessionEffect[] {
    this.challenged(welcome);
    const newer = welcome.epoch > this.epoch;
    if (this.outbox !== null && !newer) return [];
    const effects: SessionEffect[] = newer ? this.beginEpoch(welcome.epoch) : [];
    effects.push({ kind: 'greeted', welcome });
    if (welcome.seq > this.lastSeq) {
      this.pushing = false;
      effects.push({ kind: 'problem', code: 'log-behind', detail: String(welcome.seq) });
    } else if (welcome.seq > 0 && !this.links(welcome)) {
      this.pushing = false;
      effects.push({ kind: 'problem', code: 'chain-fork', detail: String(welcome.seq) });
    } else {
      // Its end says nothing of what it was never sent, or what only a lost hub had confirmed: the mark grows by what it
      // stores, and a greeting can only set it back.
      effects.push({ kind: 'at-point', seq: newer ? 0 : Math.min(welcome.seq, this.at.mark) });
    }
    // What only the hub's ack settles goes again, as at the hub; a relay that began anew gets all of it.
    this.outbox = resume(this.lastSeq, this.ackedSeq);
    this.pulse.answered(nowMs);
    if (this.at.present !== null) {
      this.readable = [...this.at.feeds];
      effects.push({ kind: 'send', message: this.at.present });
    }
    effects.push(...this.counted());
    for (const message of [...this.subscriptions(), ...this.neighbours()]) effects.push({ kind: 'send', message });
    return [...effects, ...this.push()];
  }

  protected override ack(ack: Ack): SessionEffect[] {
    if (ack.epoch > this.epoch) return EPOCH_BEGUN;
    if (ack.epoch < this.epoch) return []; // of a hub that is gone: it confirms nothing now
    this.ackedSeq = settledEnd(this.ackedSeq, ack);
    return [{ kind: 'settle', seq: this.ackedSeq, runs: ack.runs }];
  }

  protected override page(page: Page): SessionEffect[] {
    const epoch = page.head?.epoch ?? 0;
    if (epoch > this.epoch) return EPOCH_BEGUN;
    return epoch < this.epoch ? this.leaveOut(page.feed, 'epoch-over', page.feed) : [{ kind: 'page', page }];
  }

  protected override verdicts(): SessionEffect[] {
    return []; // not signed: only the hub itself is believed
  }

  protected override atPoint(message: Stored | Heard, outbox: Outbox, nowMs: number): SessionEffect[] {
    if (message.type === 'heard') return [{ kind: 'heard', heard: message }];
    const [oldest] = outbox.inFlight;
    // The answer to an earlier push is not here: that one may have been lost on its way.
    if (oldest === undefined || message.seq > oldest) return [];
    this.outbox = acknowledged(outbox, message.seq);
    this.pulse.answered(nowMs);
    return [{ kind: 'at-point', seq: message.seq }, ...this.push()];
  }

  protected override fault(message: FaultMessage): SessionEffect[] {
    const { code, about, detail } = message;
    // It is behind, or denies: what is stored came from the hub and stays.
    if (this.readable.includes(about)) return this.leaveOut(about, code, detail);
    if (OF_FEEDS.has(code)) return [{ kind: 'problem', code, detail }];
    return super.fault(message);
  }

  private leaveOut(feed: string, code: string, detail: string): SessionEffect[] {
    this.readable = this.readable.filter((name) => name !== feed);
    return [{ kind: 'problem', code, detail }];
  }

  private neighbours(): ClientMessage[] {
    if (!this.readable.some((feed) => feed.startsWith('point:'))) return [];
    return [{ type: 'neighbours', journal: this.journal, n: this.n }];
  }
}

/** The relay has met the restored hub meanwhile: greeted again, it says so. */
const EPOCH_BEGUN: SessionEffect[] = [{ kind: 'close', code: 'epoch-begun' }];
const OF_FEEDS = new Set(['feed-ahead', 'feed-hash', 'feed-not-entitled']);
