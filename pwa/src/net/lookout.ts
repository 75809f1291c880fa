// While nobody is unlocked no line is held; this only looks whether the hub answers, so that a sign-in page knows.
//
// What it sees confirms nothing: no tick rests on it. A portal's page is not the hub's health, so it counts as no line.

import { retryDelayMs } from '../sync/backoff';
import { HEARTBEAT_INTERVAL_MS } from '../sync/generated/limits';
import { must, struct, text, uint } from '../sync/shape';
import { callJson, type HubAddress } from './request';

const LOOK_TIMEOUT_MS = 6_000;
const health = struct({ status: must(text(2, /^ok$/)), protocol: must(uint) });

export class Lookout {
  private running = true;
  private failures = 0;
  private nudged = false;
  private skipWait: () => void = () => undefined;

  constructor(
    private readonly hub: HubAddress,
    private readonly random: () => number,
    private readonly seen: (reached: boolean) => void,
  ) {
    void this.run();
  }

  stop(): void {
    this.running = false;
    this.skipWait();
  }

  /** Look at once instead of waiting on. */
  nudge(): void {
    this.nudged = true;
    this.skipWait();
  }

  private async run(): Promise<void> {
    while (this.isRunning()) {
      this.nudged = false;
      const ask = { method: 'GET', path: '/health', timeoutMs: LOOK_TIMEOUT_MS } as const;
      const { ok } = await callJson(this.hub, ask, (value) => health(value, 'health'));
      if (!this.isRunning()) return;
      this.failures = ok ? 0 : this.failures + 1;
      this.seen(ok);
      await this.wait(ok ? HEARTBEAT_INTERVAL_MS : Math.min(HEARTBEAT_INTERVAL_MS, retryDelayMs(this.failures, this.random())));
    }
  }

  private isRunning(): boolean {
    return this.running;
  }

  private wait(ms: number): Promise<void> {
    if (this.nudged) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.skipWait = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
