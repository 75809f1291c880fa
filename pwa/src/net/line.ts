// The line: keeps one connection after another, to the hub where it can be reached, else to a relay of the point.
//
// A WebSocket first. When that cannot be opened, HTTP for a while, then the WebSocket again. Between attempts it waits
// with full jitter; a nudge (the browser says that it is online, or a person asks) only shortens the wait. At a relay it
// looks out for the hub and goes back as soon as that answers. Both ends take the same pushes and serve the same feeds,
// so that changing over costs nothing and sends nothing twice that counts.

import { retryDelayMs } from '../sync/backoff';
import { Connection, type LineHost, type PointEnd } from './connection';
import type { OpenWire } from './wire';

export type { Counts, LineHost, LineStart, Place, PointEnd, Tail } from './connection';

/** The way by the point. */
export interface Detour {
  /** A relay to try now; null: none is known. `attempt` counts up, so that each of several has its turn. */
  relay(attempt: number): Promise<PointEnd | null>;
  /** Looks out for the hub and calls `seen` when it answers, until the answer is called. */
  lookOut(seen: () => void): () => void;
}

export interface LineSettings {
  /** Null: this network or program has none. */
  socket: OpenWire | null;
  http: OpenWire;
  random: () => number;
  tickMs: number;
  /** How long HTTP is used before the WebSocket is tried again. */
  httpSpellMs: number;
}

export class Line {
  private connection: Connection | null = null;
  private running = false;
  private failures = 0;
  /** Attempts at the hub in vain, one after another. */
  private hubFailures = 0;
  private hubSeen = false;
  private useHttp: boolean;
  private skipWait: () => void = () => undefined;

  constructor(
    private readonly host: LineHost,
    private readonly settings: LineSettings,
    private readonly detour: Detour | null = null,
  ) {
    this.useHttp = settings.socket === null;
  }

  /** Connects, and again whenever the connection is lost, until `stop`. */
  async run(): Promise<void> {
    this.running = true;
    while (this.running) {
      const greeted = (await this.guarded(() => this.atHub())) || (await this.guarded(() => this.atPoint()));
      this.failures = greeted ? 0 : this.failures + 1;
      if (this.running && !this.hubSeen) {
        this.host.reached('none');
        await this.wait(retryDelayMs(this.failures, this.settings.random()));
      }
    }
  }

  stop(): void {
    this.running = false;
    this.skipWait();
    this.connection?.close('stopped');
  }

  /** Try at once instead of waiting on. */
  nudge(): void {
    this.failures = 0;
    this.skipWait();
  }

  /** Ends this connection for another one at once. */
  greetAgain(): void {
    this.connection?.close('greet-again');
    this.nudge();
  }

  /** The log has grown to `lastSeq`. */
  appended(lastSeq: number): void {
    this.connection?.appended(lastSeq);
  }

  private guarded(work: () => Promise<boolean>): Promise<boolean> {
    return work().catch((error: unknown) => {
      this.host.defect(error);
      return false;
    });
  }

  /** One connection to the hub from its opening to its end; whether the hub was there. */
  private async atHub(): Promise<boolean> {
    this.hubSeen = false;
    const { socket, http, httpSpellMs } = this.settings;
    const open = this.useHttp || socket === null ? http : socket;
    const spellMs = open === http && socket !== null ? httpSpellMs : Infinity;
    const { code, greeted } = await this.connect(open, null, spellMs);
    if (code === 'not-the-hub') this.host.problem(code, '');
    // A WebSocket that never came to a greeting may be blocked, so HTTP is next; and after HTTP the WebSocket again.
    this.useHttp = socket === null || (open === socket && !greeted);
    this.hubFailures = greeted ? 0 : this.hubFailures + 1;
    return greeted;
  }

  /** The same to a relay, until the hub answers again; whether the relay was there. */
  private async atPoint(): Promise<boolean> {
    if (this.detour === null || !this.isRunning()) return false;
    const point = await this.detour.relay(this.failures);
    if (point === null || !this.isRunning()) return false;
    this.host.reached('none');
    // A hub that answers but does not serve is not run after again and again.
    const notBeforeMs = this.host.now() + retryDelayMs(this.hubFailures, this.settings.random());
    let back: ReturnType<typeof setTimeout> | undefined;
    const stopLooking = this.detour.lookOut(() => {
      back ??= setTimeout(() => this.connection?.close('hub-seen'), Math.max(0, notBeforeMs - this.host.now()));
    });
    const { code, greeted } = await this.connect(point.open, point, Infinity);
    stopLooking();
    clearTimeout(back);
    this.hubSeen = code === 'hub-seen';
    return greeted;
  }

  private async connect(open: OpenWire, point: PointEnd | null, spellMs: number): Promise<{ code: string; greeted: boolean }> {
    const start = await this.host.start();
    if (!this.isRunning()) return { code: 'stopped', greeted: false };
    const openedMs = this.host.now();
    const connection = new Connection(this.host, start, open, point);
    this.connection = connection;
    const ticking = setInterval(() => {
      if (this.host.now() - openedMs > spellMs) connection.close('spell-over');
      else connection.tick();
    }, this.settings.tickMs);
    const code = await connection.ended;
    clearInterval(ticking);
    this.connection = null;
    return { code, greeted: connection.greeted };
  }

  private isRunning(): boolean {
    return this.running;
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
}
