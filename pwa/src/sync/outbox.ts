// The outbox: which part of the device's log the hub has not got, as a pure value. Twin of sync/outbox.py.
//
// acked ≤ sent ≤ last. A log's events are never dropped because they were acknowledged: when the hub comes back from an
// older backup its end of the log is lower, and all behind it is simply to be sent again.

import { PAGE_BYTES_MAX, PUSH_EVENTS_MAX } from './generated/limits';
import type { Ack, Run } from './messages';

/** Pushes that may be under way at once; more would only wait in the socket. */
export const PUSHES_IN_FLIGHT_MAX = 8;

export interface Outbox {
  /** The newest event of the log. */
  last: number;
  /** The newest event that is under way on this connection. */
  sent: number;
  /** All up to here is durable at the hub, and its verdicts were heard. */
  acked: number;
  /** The last seq of every push under way, oldest first. */
  inFlight: readonly number[];
}

/** What the hub said of one event. */
export type Settled =
  | { kind: 'accepted'; position: number; hubMs: number }
  | { kind: 'refused'; position: number; hubMs: number; code: string }
  | { kind: 'parked'; code: string };

/** A connection begins: the hub says how much of the log it has. */
export function resume(last: number, hubSeq: number): Outbox {
  return { last, sent: Math.min(hubSeq, last), acked: Math.min(hubSeq, last), inFlight: [] };
}

/** The log has grown. */
export function appended(outbox: Outbox, last: number): Outbox {
  return { ...outbox, last: Math.max(outbox.last, last) };
}

/** The seq from which to push now; nothing when all is under way or enough is. */
export function nextToPush(outbox: Outbox): number | null {
  const full = outbox.inFlight.length >= PUSHES_IN_FLIGHT_MAX;
  return full || outbox.sent >= outbox.last ? null : outbox.sent + 1;
}

/** A push up to `seq` went out. */
export function pushed(outbox: Outbox, seq: number): Outbox {
  return { ...outbox, sent: seq, inFlight: [...outbox.inFlight, seq] };
}

/** The hub has confirmed all up to `seq`. */
export function acknowledged(outbox: Outbox, seq: number): Outbox {
  const acked = Math.max(outbox.acked, Math.min(seq, outbox.last));
  return { ...outbox, acked, sent: Math.max(outbox.sent, acked), inFlight: outbox.inFlight.filter((end) => end > seq) };
}

/**
 * How far the log is settled, without a hole, when this ack is taken.
 *
 * `ack.seq` says what is durable, which may be more: after a lost ack the hub holds events whose verdicts this device
 * has not heard. Those are pushed again, and answered.
 */
export function settledEnd(acked: number, ack: Ack): number {
  let end = acked;
  for (const run of [...ack.runs].sort((a, b) => a.first_seq - b.first_seq)) {
    if (run.first_seq <= end + 1) end = Math.max(end, run.first_seq + run.count - 1);
  }
  return Math.max(acked, Math.min(end, ack.seq));
}

/** How many events with these sizes in bytes make the next push; at least one where there is one. */
export function pushLength(sizes: readonly number[]): number {
  let total = 0;
  const most = Math.min(sizes.length, PUSH_EVENTS_MAX);
  for (let count = 0; count < most; count += 1) {
    total += sizes[count] ?? 0;
    if (total > PAGE_BYTES_MAX && count > 0) return count;
  }
  return most;
}

/** What a run of verdicts says of each of its events, by seq. */
export function settle(run: Run): [seq: number, settled: Settled][] {
  return Array.from({ length: run.count }, (_, i) => {
    const { code, hub_ms: hubMs } = run;
    const position = run.position + i;
    const seq = run.first_seq + i;
    if (run.position === 0) return [seq, { kind: 'parked', code }];
    return [seq, code === 'ok' ? { kind: 'accepted', position, hubMs } : { kind: 'refused', position, hubMs, code }];
  });
}
