// A browser that does not say how much room there is, or never answers, holds up neither the line nor the bar.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { spaceOf } from './space';
import { Profile } from './testing/profile';

const ESTIMATE = { usage: 3, quota: 9 };
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
const failing = <T>(): Promise<T> => Promise.reject<T>(new Error('UnknownError'));

let profile: Profile;

beforeEach(async () => {
  profile = await Profile.make();
  vi.stubGlobal('fetch', profile.hub.fetch);
});

afterEach(async () => {
  await profile.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it.each([
  ['hangs', never],
  ['fails', failing],
] as const)('lets the line go on when the browser %s', async (_, answer) => {
  profile.space = spaceOf({ estimate: answer, persisted: answer });
  const engine = await profile.atWork();
  expect((await engine.reference()).items).toHaveLength(1);
  expect((await engine.status()).storage).toBe('best-effort');
  await vi.waitFor(() => { expect(profile.hub.reports).not.toHaveLength(0); });
});

it('goes by what the browser last said, waits once for one that is late, and believes it again when it answers', async () => {
  vi.useFakeTimers();
  const persisted = vi.fn(() => Promise.resolve(true));
  let wake: (estimate: StorageEstimate) => void = () => undefined;
  const estimate = vi.fn(() => Promise.resolve<StorageEstimate>(ESTIMATE));
  const space = spaceOf({ estimate, persisted });
  expect(await space()).toEqual({ persistent: true, usedBytes: 3, quotaBytes: 9 });
  persisted.mockRejectedValue(new Error('UnknownError'));
  estimate.mockImplementation(() => new Promise((resolve) => { wake = resolve; }));
  const late = space();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await late).toEqual({ persistent: true, usedBytes: 3, quotaBytes: 9 });
  // No timer is run on: it is not waited for again.
  expect(await space()).toEqual({ persistent: true, usedBytes: 3, quotaBytes: 9 });
  wake({ usage: 4, quota: 9 });
  await vi.advanceTimersByTimeAsync(0);
  estimate.mockResolvedValue({ usage: 5, quota: 9 });
  expect(await space()).toMatchObject({ usedBytes: 5 });
});
