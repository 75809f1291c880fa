// Keys at rest: what is sealed opens only for its place and key; a PIN is tried as often as its count allows, no more.

import { beforeEach, describe, expect, it, vi } from 'vitest';

import { isWeakPin } from '../forms/pin';
import { MemoryStore } from '../store/memory';
import type { UserRow } from '../store/port';
import { FAILURES_MAX, pinDelayMs, tryPin } from './pin';
import { makeSalt, openVault, seal, unseal, wrapKeys } from './vault';

const KEYS = { tablet: new Uint8Array(32).fill(1), user: new Uint8Array(32).fill(2) };
const PIN = '294816';
const NOW_MS = 1_795_400_000_000;

describe('sealing', () => {
  it('opens what was sealed, only at its place, only unchanged, only with its key', async () => {
    const vault = await openVault(KEYS);
    const plain = new TextEncoder().encode('王小明');
    const sealed = await seal(vault.tablet, 'log:1', plain);
    expect(await unseal(vault.tablet, 'log:1', sealed)).toEqual(plain);
    await expect(unseal(vault.tablet, 'log:2', sealed)).rejects.toThrow();
    await expect(unseal(vault.user, 'log:1', sealed)).rejects.toThrow();
    sealed[20] = (sealed[20] ?? 0) ^ 1;
    await expect(unseal(vault.tablet, 'log:1', sealed)).rejects.toThrow();
  });

  it('never uses an initialisation vector twice, and gives nobody the keys', async () => {
    const vault = await openVault(KEYS);
    const [one, two] = [await seal(vault.tablet, 'x', new Uint8Array(1)), await seal(vault.tablet, 'x', new Uint8Array(1))];
    expect(one.slice(0, 12)).not.toEqual(two.slice(0, 12));
    await expect(crypto.subtle.exportKey('raw', vault.tablet)).rejects.toThrow();
  });
});

describe('a PIN', () => {
  let store: MemoryStore;
  let nowMs = NOW_MS;

  beforeEach(async () => {
    store = new MemoryStore();
    nowMs = NOW_MS;
    const salt = makeSalt();
    const user: UserRow = {
      id: 'bb',
      username: 'li',
      name: '李',
      roles: [],
      feeds: [],
      grantUntilMs: NOW_MS + 72 * 3_600_000,
      salt,
      wrapped: await wrapKeys(PIN, salt, 'bb', KEYS),
      failures: 0,
      retryAtMs: 0,
    };
    await store.putUser(user);
  });

  it('slows down, tells how long, and forgets the count when it is right', async () => {
    for (let tries = 1; tries <= 4; tries += 1) expect(await tryPin(store, 'bb', '000000', nowMs)).toMatchObject({ code: 'pin-wrong', params: { left: FAILURES_MAX - tries } });
    expect(await tryPin(store, 'bb', PIN, nowMs)).toMatchObject({ code: 'pin-wait', params: { seconds: 5 } });
    nowMs += 5_000;
    expect((await tryPin(store, 'bb', PIN, nowMs)).kind).toBe('open');
    expect(await store.findUser('bb')).toMatchObject({ failures: 0, retryAtMs: 0 });
  });

  it('counts a try before it judges it, so that killing the browser gives none for nothing', async () => {
    const seen: number[] = [];
    const put = store.putUser.bind(store);
    vi.spyOn(store, 'putUser').mockImplementation(async (user) => {
      seen.push(user.failures);
      return put(user);
    });
    await tryPin(store, 'bb', PIN, nowMs);
    expect(seen).toEqual([1, 0]);
  });

  it('is not tried at all when the count cannot be stored', async () => {
    vi.spyOn(store, 'putUser').mockResolvedValueOnce({ ok: false, code: 'storage-full', detail: '' });
    expect(await tryPin(store, 'bb', PIN, nowMs)).toMatchObject({ kind: 'failed', saved: { code: 'storage-full' } });
  });

  it('erases the wrapped keys after the last wrong try, for good', async () => {
    for (let tries = 1; tries < FAILURES_MAX; tries += 1) {
      expect(await tryPin(store, 'bb', '000000', nowMs)).toMatchObject({ code: 'pin-wrong' });
      nowMs += 300_000;
    }
    expect(await tryPin(store, 'bb', '000000', nowMs)).toMatchObject({ code: 'pin-erased' });
    expect(await store.findUser('bb')).toMatchObject({ wrapped: null });
    expect(await tryPin(store, 'bb', PIN, nowMs + 300_000)).toMatchObject({ code: 'pin-erased' });
  }, 20_000);

  it('waits longer and longer', () => {
    const delays = Array.from({ length: 12 }, (_, failures) => pinDelayMs(failures) / 1_000);
    expect(delays).toEqual([0, 0, 0, 0, 5, 15, 60, 300, 300, 300, 300, 300]);
  });

  it('must be hard enough to guess', () => {
    expect(['12345', '111111', '123456', '987654', '12a456', '1234567890123'].every(isWeakPin)).toBe(true);
    expect(['294816', '121212', '1234567899'].some(isWeakPin)).toBe(false);
  });
});
