// One connection: a session on a wire. Verifies what the hub claims, and does for the host what the session says.
//
// What comes late, after the wire was closed, changes nothing: the next connection has a session of its own.

import { EMPTY, type Bytes } from '../sync/bytes';
import { pushStatement, reportStatement } from '../sync/chain';
import type { Cursor } from '../sync/feed';
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '../sync/generated/limits';
import { encodeStanding, type Heard, type Hello, type HubMessage, type Page, type Run, type Standing, type Welcome } from '../sync/messages';
import { PointSession, type AtRelay } from '../sync/pointSession';
import { Session, type SessionEffect } from '../sync/session';
import { fitsLog, isGenuine, isGenuineAtPoint, type RelayTrust, type Trust } from './portal';
import type { OpenWire, Wire } from './wire';

/** Where a line ends: nowhere, at the point's relay, at the hub. */
export type Place = 'none' | 'point' | 'hub';

/** A relay of the point, and what becomes of what only a relay says; what is kept is durable when it resolves. */
export interface PointEnd extends RelayTrust, AtRelay {
  open: OpenWire;
  /** It has answered, and it is it. */
  met(): Promise<void>;
  stored(seq: number): Promise<void>;
  /** Whether somebody spoke whom the zone does not know here yet; null: it was not what its authors signed. */
  hear(heard: Heard, epoch: number): Promise<{ unknown: boolean } | null>;
  /** Something new that the hub has signed came by it: the hub may be within reach of this device too. */
  hubSpoke(): void;
  problem(code: string, detail: string): void;
}

/** From where a connection begins. */
export interface LineStart {
  lastSeq: number;
  ackedSeq: number;
  epoch: number;
  cursors: Cursor[];
}

export interface Counts {
  unsent: number;
  refused: number;
  unsentAttachments: number;
}

/** The log from a seq on, as much of it as one push may carry. */
export interface Tail {
  baseLink: Bytes;
  events: Bytes[];
  lastLink: Bytes;
}

/** What the line needs of its owner; everything that it keeps, it keeps durably before it resolves. */
export interface LineHost extends Trust {
  readonly account: Bytes;
  readonly appVersion: string;
  start(): Promise<LineStart>;
  counts(): Counts;
  /** How things stand here beside the counts, for the console. */
  standing(): Promise<Standing>;
  /** Own events that are parked now: over HTTP every greeting asks what became of them. */
  parked(): number[];
  tail(firstSeq: number): Promise<Tail>;
  linkAt(seq: number): Bytes | null;
  sign(statement: Bytes): Promise<Bytes>;
  settle(seq: number, runs: readonly Run[]): Promise<void>;
  reopen(seq: number): Promise<void>;
  /** Holds all that the hub said in older epochs for unsaid, and then keeps this one. */
  beginEpoch(epoch: number): Promise<void>;
  /** Keeps the page in the frame that it came in. Null: it does not fit what is stored. */
  takePage(page: Page, frame: Bytes): Promise<Cursor | null>;
  forget(feed: string): Promise<void>;
  /** The chain of what is stored of this feed, at its start and after each entry. */
  recount(feed: string): Promise<Bytes[]>;
  /** Forgets what was stored of the feed after this place. */
  rewind(cursor: Cursor): Promise<void>;
  /** This person may not read this feed any more. */
  withdraw(feed: string): Promise<void>;
  greeted(welcome: Welcome): Promise<void>;
  /** The hub or a relay has answered as itself: what was wrong before is over, what follows is news. */
  answered(): void;
  /** Where the line ends now. */
  reached(place: Place): void;
  problem(code: string, detail: string): void;
  /** Something was thrown: a write that failed, or a fault of this program. */
  defect(error: unknown): void;
  now(): number;
}

/** A quiet device says that it is there this often: its last contact is what the console shows. */
const REPORT_INTERVAL_MS = 20_000;

export class Connection {
  /** Resolves with the reason when the wire is gone. */
  readonly ended: Promise<string>;
  private readonly session: Session;
  private readonly wire: Wire;
  private nonce: Bytes = new Uint8Array(32);
  private welcome: Welcome | null = null;
  private closed = false;
  private reported = '';
  private heardUnknown = false;

  /** `point`: a relay is at the other end; null: the hub. */
  constructor(
    private readonly host: LineHost,
    start: LineStart,
    open: OpenWire,
    private readonly point: PointEnd | null = null,
  ) {
    const beginning = { ...start, device: host.device, linkAt: (seq: number) => host.linkAt(seq), nowMs: host.now() };
    this.session = point === null ? new Session(beginning) : new PointSession(beginning, point);
    let end: (code: string) => void = () => undefined;
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    this.wire = open({
      hello: () => Promise.resolve(this.hello()),
      message: (message, frame) => this.receive(message, frame).catch(this.defect),
      standing: () => this.session.subscriptions(),
      closed: (code) => {
        this.closed = true;
        end(code);
      },
    });
  }

  get greeted(): boolean {
    return this.welcome !== null;
  }

  close(code: string): void {
    this.wire.close(code);
  }

  /** The log has grown. */
  appended(lastSeq: number): void {
    this.perform(this.session.appended(lastSeq)).catch(this.defect);
  }

  /** About once a second: signs of life, and what the console is to know of this device. */
  tick(): void {
    const effects = this.session.tick(this.host.now());
    if (this.toReport() !== this.reported) effects.push(...this.session.counted());
    this.perform(effects).catch(this.defect);
  }

  /** What the console is to know; another text is worth another report. */
  private toReport(): string {
    const { unsent, refused, unsentAttachments } = this.host.counts();
    return [unsent, refused, unsentAttachments, Math.floor(this.host.now() / REPORT_INTERVAL_MS)].join(' ');
  }

  private hello(): Hello {
    const { zone, device, account, appVersion } = this.host;
    this.nonce = crypto.getRandomValues(new Uint8Array(32));
    return {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      protocol_min: PROTOCOL_VERSION_MIN,
      zone,
      device,
      account,
      app_version: appVersion,
      wall_ms: this.host.now(),
      nonce: this.nonce,
      parked: this.host.parked(),
    };
  }

  private async receive(message: HubMessage, frame: Bytes): Promise<void> {
    if (message.type !== 'welcome' && message.type !== 'fault' && !this.greeted) {
      this.close('message-unexpected');
      return;
    }
    const genuine = (await this.isGenuine(message)) && fitsLog(message, (seq) => this.host.linkAt(seq));
    if (this.closed) return;
    if (!genuine) {
      this.distrust(message.type);
      return;
    }
    if (message.type === 'welcome' && this.isRepeated(message)) {
      this.session.challenged(message);
      if (this.point === null) await this.host.greeted(message);
      return;
    }
    if (message.type === 'welcome') this.host.answered();
    await this.perform(this.session.receive(message, this.host.now()), frame);
    if (message.type === 'welcome' && !this.isClosed()) {
      this.welcome = message;
      this.host.reached(this.point === null ? 'hub' : 'point');
    }
  }

  private isGenuine(message: HubMessage): Promise<boolean> {
    return this.point === null ? isGenuine(message, this.host, this.nonce) : isGenuineAtPoint(message, this.host, this.point, this.nonce);
  }

  private distrust(detail: string): void {
    this.problem('not-the-hub', detail);
    this.close('not-the-hub');
  }

  private problem(code: string, detail: string): void {
    (this.point ?? this.host).problem(code, detail);
  }

  private isClosed(): boolean {
    return this.closed;
  }

  /** HTTP greets with every request; only a restore, or a change of what may be read, makes it news to the session. */
  private isRepeated(welcome: Welcome): boolean {
    if (this.wire.kind !== 'http' || this.welcome === null) return false;
    const names = (of: Welcome): string => of.feeds.map(({ feed }) => feed).join(' ');
    return welcome.epoch === this.session.epoch && welcome.session === this.welcome.session && names(welcome) === names(this.welcome);
  }

  /** `frame`: of the message that these follow from, if any does. */
  private async perform(effects: SessionEffect[], frame: Bytes = EMPTY): Promise<void> {
    const { host, session, wire } = this;
    const todo = [...effects];
    for (let effect = todo.shift(); effect !== undefined && !this.closed; effect = todo.shift()) {
      switch (effect.kind) {
        case 'send':
          wire.send(effect.message);
          break;
        case 'push':
          todo.unshift(...(await this.push(effect.firstSeq)));
          break;
        case 'settle':
          await host.settle(effect.seq, effect.runs);
          this.point?.hubSpoke();
          break;
        case 'reopen':
          await host.reopen(effect.seq);
          break;
        case 'epoch':
          await host.beginEpoch(effect.epoch);
          break;
        case 'page': {
          const cursor = await host.takePage(effect.page, frame);
          if (cursor === null) todo.push(...session.distrust(effect.page.feed));
          else session.stored(cursor);
          if (this.heardUnknown && session instanceof PointSession && effect.page.feed === 'zone' && effect.page.entries.length > 0) {
            this.heardUnknown = false;
            todo.push(...session.relisten());
          }
          break;
        }
        case 'at-point':
          await this.point?.stored(effect.seq);
          break;
        case 'heard':
          await this.hear(effect.heard);
          break;
        case 'forget':
          await host.forget(effect.feed);
          break;
        case 'recount':
          todo.unshift(...session.recounted(effect.feed, await host.recount(effect.feed)));
          break;
        case 'rewind':
          await host.rewind(effect.cursor);
          break;
        case 'withdraw':
          await host.withdraw(effect.feed);
          break;
        case 'report':
          await this.report(effect.challenge);
          break;
        case 'greeted':
          // A relay's time and rights are hearsay.
          await (this.point === null ? host.greeted(effect.welcome) : this.point.met());
          break;
        case 'problem':
          this.problem(effect.code, effect.detail);
          break;
        case 'close':
          wire.close(effect.code);
          break;
      }
    }
  }

  private async hear(heard: Heard): Promise<void> {
    const { point, session } = this;
    if (point === null || !(session instanceof PointSession)) return;
    const said = await point.hear(heard, session.epoch);
    if (said === null) {
      this.distrust('heard');
      return;
    }
    this.heardUnknown ||= said.unknown;
    session.heardTo(heard.journal, heard.n);
  }

  private async push(firstSeq: number): Promise<SessionEffect[]> {
    const { zone, device } = this.host;
    const { baseLink, events, lastLink } = await this.host.tail(firstSeq);
    const lastSeq = firstSeq + events.length - 1;
    const signature = await this.host.sign(pushStatement(zone, device, lastSeq, lastLink));
    this.wire.send({ type: 'push', device, first_seq: firstSeq, base_link: baseLink, events, signature });
    return this.session.pushed(lastSeq, this.host.now());
  }

  private async report(challenge: Bytes): Promise<void> {
    this.reported = this.toReport();
    const { zone, device } = this.host;
    const { unsent, refused, unsentAttachments } = this.host.counts();
    const standing = encodeStanding(await this.host.standing());
    const said = { unsent, refused, unsent_attachments: unsentAttachments, wall_ms: this.host.now(), standing };
    const signature = await this.host.sign(reportStatement(zone, device, challenge, said));
    this.wire.send({ type: 'report', challenge, ...said, signature });
  }

  private readonly defect = (error: unknown): void => {
    this.host.defect(error);
    this.close('internal');
  };
}
