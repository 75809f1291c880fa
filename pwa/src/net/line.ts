// The line to the hub: keeps one connection after another.
//
// A WebSocket first. When that cannot be opened, HTTP for a while, then the WebSocket again. Between attempts it waits
// with full jitter; a nudge (the browser says that it is online, or a person asks) only shortens the wait.

import { retryDelayMs } from '../sync/backoff';
import { Connection, type LineHost } from './connection';
import type { OpenWire } from './wire';

export type { Counts, LineHost, LineStart, Tail } from './connection';

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
  private useHttp: boolean;
  private skipWait: () => void = () => undefined;

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
        this.host.problem('internal', String(error));
        return false;
      });
      this.failures = greeted ? 0 : this.failures + 1;
      if (this.running) {
        this.host.reached(false);
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

  /** The log has grown to `lastSeq`. */
  appended(lastSeq: number): void {
    this.connection?.appended(lastSeq);
  }

  /** One connection from its opening to its end; whether the hub was there. */
  private async connectOnce(): Promise<boolean> {
    const { socket, http, tickMs, httpSpellMs } = this.settings;
    const start = await this.host.start();
    if (!this.isRunning()) return false;
    const open = this.useHttp || socket === null ? http : socket;
    const openedMs = this.host.now();
    const connection = new Connection(this.host, start, open);
    this.connection = connection;
    const ticking = setInterval(() => {
      const overdue = open === http && socket !== null && this.host.now() - openedMs > httpSpellMs;
      if (overdue) connection.close('spell-over');
      else connection.tick();
    }, tickMs);
    const code = await connection.ended;
    clearInterval(ticking);
    this.connection = null;
    if (code === 'not-the-hub') this.host.problem(code, '');
    // A WebSocket that never came to a greeting may be blocked, so HTTP is next; and after HTTP the WebSocket again.
    this.useHttp = socket === null || (open === socket && !connection.greeted);
    return connection.greeted;
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
