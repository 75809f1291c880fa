// What a device notices by itself of a line that may be back, so that nobody needs to touch it for its work to go on:
// the browser says `online`, or the device slept, which shows in a timer that rings late.
//
// These are hints; whether the line is up only the hub's answer says. A whole hall hears them in the same moment, so each
// device waits a random part of the first back-off before it tries, and none tries for hints more often than now and then.

import { retryDelayMs } from '../sync/backoff';

const LOOK_MS = 5_000;
const SLEPT_MS = 3 * LOOK_MS;
/** Between two tries for hints: a line that flaps is no storm on the hub. */
export const HINT_MS = 10_000;

export interface Watch {
  /** Of the worker: where `online` is heard. */
  scope: EventTarget;
  now: () => number;
  random: () => number;
  tryNow: () => void;
}

/** Calls `tryNow` soon after each hint, until the answer is called. */
export function watchForLine({ scope, now, random, tryNow }: Watch): () => void {
  let lookedMs = now();
  let hintedMs = -Infinity;
  let trying: ReturnType<typeof setTimeout> | undefined;

  const hint = (): void => {
    const nowMs = now();
    // A clock that was set back must not make hints wait.
    if (nowMs >= hintedMs && nowMs - hintedMs < HINT_MS) return;
    hintedMs = nowMs;
    trying = setTimeout(tryNow, retryDelayMs(0, random()));
  };
  const looking = setInterval(() => {
    const nowMs = now();
    if (nowMs - lookedMs >= SLEPT_MS) hint();
    lookedMs = nowMs;
  }, LOOK_MS);
  scope.addEventListener('online', hint);
  return () => {
    clearInterval(looking);
    clearTimeout(trying);
    scope.removeEventListener('online', hint);
  };
}
