// A tablet that nobody touches tries a line that may be back soon after the hint, and not in one moment with all others.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { BACKOFF_MS_BASE } from '../sync/generated/limits';
import { HINT_MS, watchForLine } from './wake';

let stop: () => void = () => undefined;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

function watch(random = 0.99): { scope: EventTarget; tryNow: ReturnType<typeof vi.fn> } {
  const [scope, tryNow] = [new EventTarget(), vi.fn()];
  stop = watchForLine({ scope, now: Date.now, random: () => random, tryNow });
  return { scope, tryNow };
}

it('tries within the first back-off when the browser says that it is online', () => {
  const { scope, tryNow } = watch();
  scope.dispatchEvent(new Event('online'));
  expect(tryNow).not.toHaveBeenCalled();
  vi.advanceTimersByTime(BACKOFF_MS_BASE);
  expect(tryNow).toHaveBeenCalledTimes(1);
});

it('spreads those who hear it in the same moment over that span', () => {
  for (const [random, waitMs] of [[0, 0], [0.5, BACKOFF_MS_BASE / 2]] as const) {
    const { scope, tryNow } = watch(random);
    scope.dispatchEvent(new Event('online'));
    vi.advanceTimersByTime(Math.max(0, waitMs - 1));
    expect(tryNow).toHaveBeenCalledTimes(waitMs === 0 ? 1 : 0);
    vi.advanceTimersByTime(1);
    expect(tryNow).toHaveBeenCalledTimes(1);
    stop();
  }
});

it('tries after a sleep, in which no timer rang, and not while awake', () => {
  const { tryNow } = watch();
  vi.advanceTimersByTime(60_000);
  expect(tryNow).not.toHaveBeenCalled();
  vi.setSystemTime(Date.now() + 3_600_000);
  vi.advanceTimersByTime(5_000 + BACKOFF_MS_BASE);
  expect(tryNow).toHaveBeenCalledTimes(1);
});

it('is no storm while the line flaps, and goes on when the clock is set back', () => {
  const { scope, tryNow } = watch();
  for (let i = 0; i < 100; i += 1) {
    scope.dispatchEvent(new Event('online'));
    vi.advanceTimersByTime(HINT_MS / 50);
  }
  expect(tryNow).toHaveBeenCalledTimes(2);
  vi.setSystemTime(Date.now() - 86_400_000);
  scope.dispatchEvent(new Event('online'));
  vi.advanceTimersByTime(BACKOFF_MS_BASE);
  expect(tryNow).toHaveBeenCalledTimes(3);
});
