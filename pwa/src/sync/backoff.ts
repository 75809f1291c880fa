// When to try again: exponential back-off with full jitter, as a pure value. Twin of sync/backoff.py.
//
// Brooker, "Exponential Backoff And Jitter": a random point of the whole span spreads a point's tablets best after
// the line comes back.

import { BACKOFF_MS_BASE, BACKOFF_MS_MAX } from './generated/limits';

/** Milliseconds to wait before attempt `failures` + 1; `random` is in [0, 1). */
export function retryDelayMs(failures: number, random: number): number {
  const span = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_BASE * 2 ** Math.min(failures, 30));
  return Math.floor(random * span);
}
