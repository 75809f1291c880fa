// The line to the hub: keeps one wire open, runs the session on it, and does for its host what the session says.
//
// A WebSocket first. When that cannot be opened, HTTP for a while, then the WebSocket again. Between attempts it waits
// with full jitter; a nudge (the browser says that it is online, or a person asks) only shortens the wait.

import { retryDelayMs } from '../sync/backoff';
import { equalBytes, type Bytes } from '../sync/bytes';
import { pushStatement } from '../sync/chain';
import type { Cursor } from '../sync/feed';
import type { ClientMessage, Hello, HubMessage, Page, Run, Welcome } from '../sync/messages';
import { Session, type SessionEffect } from '../sync/session';
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from '../sync/generated/limits';
import { isGenuine, type Trust } from './portal';
import type { OpenWire, Wire } from './wire';

/** Why a connection begins from here. */
export interface LineStart {
  lastSeq: number;
  ackedSeq: number;
  cursors: Cursor[];
  parked: number[];
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
  tail(firstSeq: number): Promise<Tail>;
  linkAt(seq: number): Bytes | null;
  sign(statement: Bytes): Promise<Bytes>;
  settle(seq: number, runs: readonly Run[]): Promise<void>;
  reopen(seq: number): Promise<void>;
  /** Null: the page does not fit what is stored. */
  takePage(page: Page): Promise<Cursor | null>;
  forget(feed: string): Promise<void>;
  greeted(welcome: Welcome): Promise<void>;
  /** Connected to the hub, or not. */
  reached(connected: boolean): void;
  problem(code: string, detail: string): void;
  now(): number;
}

export interface LineSettings {
  socket: OpenWire | null;
  http: OpenWire;
  random: () => number;
  tickMs: number;
  /** How long HTTP is used before the WebSocket is tried again. */
  httpSpellMs: number;
}

/** A quiet device says that it is there this often: its last contact is what the console shows. */
const REPORT_INTERVAL_MS = 20_000;

export class Line {
  private wire: Wire | null = null;
  private session: Session | null = null;
  private nonce: Bytes = new Uint8Array(32);
  private greeted: Welcome | null = null;
  private running = false;
  private failures = 0;
  private useHttp: boolean;
  private skipWait: () => void = () => undefined;
  private reported = '';

  constructor(
    private readonly host: LineHost,
    private readonly settings: LineSettings,
  ) {
    this.useHttp = settings.socket === null;
  }

  /** Connects, and again whenever the connection is lost, until `stop`. */
  async run(): Promise<void> {
    this.running = true;
    while (this.running) {
      const greeted = await this.connectOnce().catch((error: unknown) => {
        this.defect(error);
        return false;
      });
      this.host.reached(false);
      this.failures = greeted ? 0 : this.failures + 1;
      if (this.running) await this.wait(retryDelayMs(this.failures, this.settings.random()));
    }
  }

  stop(): void {
    this.running = false;
    this.skipWait();
    this.wire?.close('stopped');
  }

  /** Try at once instead of waiting on. */
  nudge(): void {
    this.failures = 0;
    this.skipWait();
  }

  /** The log has grown to `lastSeq`. */
  appended(lastSeq: number): void {
    if (this.session !== null) this.perform(this.session.appended(lastSeq)).catch(this.defect);
  }

  private async connectOnce(): Promise<boolean> {
    const { socket, http, tickMs, httpSpellMs } = this.settings;
    const start = await this.host.start();
    if (!this.running) return false;
    this.session = new Session({ ...start, device: this.host.device, nowMs: this.host.now() });
    this.greeted = null;
    this.reported = '';
    const open = this.useHttp || socket === null ? http : socket;
    const openedMs = this.host.now();
    let ticking: ReturnType<typeof setInterval> | undefined;
    await new Promise<void>((resolve) => {
      this.wire = open({
        hello: () => this.hello(start.parked),
        message: (message) => this.receive(message),
        standing: () => this.session?.subscriptions() ?? [],
        closed: (code) => {
          if (code === 'not-the-hub') this.host.problem(code, '');
          resolve();
        },
      });
      ticking = setInterval(() => {
        const spell = open === http && socket !== null && this.host.now() - openedMs > httpSpellMs;
        if (spell) this.wire?.close('spell-over');
        else this.tick();
      }, tickMs);
    });
    clearInterval(ticking);
    this.wire = null;
    this.session = null;
    const greeted = this.wasGreeted();
    // A WebSocket that never came to a greeting may be blocked, so HTTP is next; and after HTTP the WebSocket again.
    this.useHttp = socket === null || (open === socket && !greeted);
    return greeted;
  }

  private wasGreeted(): boolean {
    return this.greeted !== null;
  }

  private async hello(parked: number[]): Promise<Hello> {
    const { zone, device, account, appVersion } = this.host;
    const { unsent, refused } = this.host.counts();
    this.nonce = crypto.getRandomValues(new Uint8Array(32));
    return Promise.resolve({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      protocol_min: PROTOCOL_VERSION_MIN,
      zone,
      device,
      account,
      app_version: appVersion,
      wall_ms: this.host.now(),
      nonce: this.nonce,
      parked,
      unsent,
      refused,
    });
  }

  private async receive(message: HubMessage): Promise<void> {
    if (this.session === null) return;
    if (message.type !== 'welcome' && message.type !== 'fault' && this.greeted === null) {
      this.wire?.close('message-unexpected');
      return;
    }
    if (!(await isGenuine(message, this.host, this.nonce)) || this.forksFrom(message)) {
      this.wire?.close('not-the-hub');
      return;
    }
    if (message.type === 'welcome' && this.isRepeated(message)) {
      await this.host.greeted(message);
      return;
    }
    await this.perform(this.session.receive(message, this.host.now()));
    if (message.type === 'welcome') {
      this.greeted = message;
      this.host.reached(true);
    }
  }

  /** An acknowledgement of another log than this one, however well signed, confirms nothing. */
  private forksFrom(message: HubMessage): boolean {
    if (message.type !== 'ack') return false;
    const link = this.host.linkAt(message.seq);
    return link === null || !equalBytes(link, message.link);
  }

  /** HTTP greets with every request; only a change of what may be read makes it news to the session. */
  private isRepeated(welcome: Welcome): boolean {
    if (this.wire?.kind !== 'http' || this.greeted === null) return false;
    const names = (of: Welcome): string => of.feeds.map(({ feed }) => feed).join(' ');
    return welcome.session === this.greeted.session && names(welcome) === names(this.greeted);
  }

  private tick(): void {
    if (this.session === null || this.greeted === null) return;
    const effects = this.session.tick(this.host.now());
    const { unsent, refused, unsentAttachments } = this.host.counts();
    const turn = Math.floor(this.host.now() / REPORT_INTERVAL_MS);
    const reported = [unsent, refused, unsentAttachments, turn].join(' ');
    if (reported !== this.reported) {
      this.reported = reported;
      const message: ClientMessage = { type: 'report', unsent, refused, unsent_attachments: unsentAttachments, wall_ms: this.host.now() };
      effects.push({ kind: 'send', message });
    }
    this.perform(effects).catch(this.defect);
  }

  private async perform(effects: SessionEffect[]): Promise<void> {
    const { session, wire } = this;
    if (session === null || wire === null) return;
    const todo = [...effects];
    for (let effect = todo.shift(); effect !== undefined; effect = todo.shift()) {
      switch (effect.kind) {
        case 'send':
          wire.send(effect.message);
          break;
        case 'push':
          todo.unshift(...(await this.push(session, wire, effect.firstSeq)));
          break;
        case 'settle':
          await this.host.settle(effect.seq, effect.runs);
          break;
        case 'reopen':
          await this.host.reopen(effect.seq);
          break;
        case 'page': {
          const cursor = await this.host.takePage(effect.page);
          if (cursor === null) todo.push(...session.distrust(effect.page.feed));
          else session.stored(cursor);
          break;
        }
        case 'forget':
          await this.host.forget(effect.feed);
          break;
        case 'greeted':
          await this.host.greeted(effect.welcome);
          break;
        case 'problem':
          this.host.problem(effect.code, effect.detail);
          break;
        case 'close':
          wire.close(effect.code);
          return;
      }
    }
  }

  private async push(session: Session, wire: Wire, firstSeq: number): Promise<SessionEffect[]> {
    const { zone, device } = this.host;
    const { baseLink, events, lastLink } = await this.host.tail(firstSeq);
    if (events.length === 0) throw new Error(`no event ${String(firstSeq)} to push`);
    const lastSeq = firstSeq + events.length - 1;
    const signature = await this.host.sign(pushStatement(zone, device, lastSeq, lastLink));
    wire.send({ type: 'push', device, first_seq: firstSeq, base_link: baseLink, events, signature });
    return session.pushed(lastSeq, this.host.now());
  }

  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.skipWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private readonly defect = (error: unknown): void => {
    this.host.problem('internal', String(error));
    this.wire?.close('internal');
  };
}
