// The pulse of a connection to a hub or a relay: what was last heard and said, and since when an answer is due.
// Twin of sync/pulse.py (docs/protocol.md, section 5, "WebSocket"). The time is an argument and never runs back.

import { HEARTBEAT_INTERVAL_MS, HEARTBEAT_TIMEOUT_MS, REQUEST_TIMEOUT_MS } from './generated/limits';
import type { ClientMessage } from './messages';

/** One connection's, begun at `nowMs`; the answer to its greeting is due from then on. */
export class Pulse {
  private heardAtMs: number;
  private spokeMs: number;
  private waitingSinceMs: number;
  private token = 0;

  constructor(nowMs: number) {
    this.heardAtMs = nowMs;
    this.spokeMs = nowMs;
    this.waitingSinceMs = nowMs;
  }

  get heardMs(): number {
    return this.heardAtMs;
  }

  /** The other end said something, whatever it was. */
  heard(nowMs: number): void {
    this.heardAtMs = nowMs;
  }

  /** A push went out; `first`: no other is under way, so its answer is due from now on. */
  spoke(nowMs: number, first: boolean): void {
    this.spokeMs = nowMs;
    if (first) this.waitingSinceMs = nowMs;
  }

  /** A greeting or a push was answered: the next answer is due from now on. */
  answered(nowMs: number): void {
    this.waitingSinceMs = nowMs;
  }

  /** Why the connection is dead; null: it is not. `waiting`: for the answer to a push. */
  fault(nowMs: number, { greeted, waiting }: { greeted: boolean; waiting: boolean }): 'silent' | 'unanswered' | null {
    if (nowMs - this.heardAtMs >= HEARTBEAT_TIMEOUT_MS) return 'silent';
    const waitedMs = nowMs - this.waitingSinceMs;
    if (!greeted) return waitedMs >= REQUEST_TIMEOUT_MS ? 'unanswered' : null;
    // Pongs may go on while what writes is stuck; then a new connection is worth trying.
    return waiting && waitedMs >= HEARTBEAT_TIMEOUT_MS ? 'unanswered' : null;
  }

  /** What keeps a quiet line alive, when it is time for it. */
  beat(nowMs: number): ClientMessage[] {
    if (nowMs - this.spokeMs < HEARTBEAT_INTERVAL_MS) return [];
    this.spokeMs = nowMs;
    this.token += 1;
    return [{ type: 'ping', token: this.token }];
  }
}
