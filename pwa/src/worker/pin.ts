// Unlocking with a PIN: how wrong ones slow down. The count is stored before a try is judged,
// so that neither a reload nor a killed browser gives a try for nothing.

import type { Saved, Store, UserRow } from '../store/port';
import { unwrapKeys, type Vault } from './vault';

const SECOND_MS = 1_000;
/** How long to wait after so many wrong tries; the last one goes on. */
const DELAYS_MS = [0, 0, 0, 0, 5 * SECOND_MS, 15 * SECOND_MS, 60 * SECOND_MS, 300 * SECOND_MS] as const;
/** After so many the wrapped keys are erased: the next unlocking needs the hub, which holds the keys. */
export const FAILURES_MAX = 10;

export function pinDelayMs(failures: number): number {
  return DELAYS_MS[Math.min(failures, DELAYS_MS.length - 1)] ?? 0;
}

export type Unlocking =
  | { kind: 'open'; user: UserRow; vault: Vault }
  | { kind: 'refused'; code: 'pin-wrong' | 'pin-wait' | 'pin-erased' | 'unlock-expired' | 'not-found'; params: Record<string, number> }
  | { kind: 'failed'; saved: Extract<Saved, { ok: false }> };

/** One try. `nowMs` is a clock that cannot be turned back past the newest hub time seen. */
export async function tryPin(store: Store, accountId: string, pin: string, nowMs: number): Promise<Unlocking> {
  const user = await store.findUser(accountId);
  if (user === null) return refused('not-found');
  if (user.wrapped === null) return refused('pin-erased');
  if (nowMs > user.grantUntilMs) return refused('unlock-expired');
  if (user.retryAtMs > nowMs) return refused('pin-wait', { seconds: Math.ceil((user.retryAtMs - nowMs) / SECOND_MS) });
  const failures = user.failures + 1;
  const counted: UserRow = { ...user, failures, retryAtMs: nowMs + pinDelayMs(failures) };
  // A count beyond the last try means that the browser died while that try was judged.
  const spent = failures > FAILURES_MAX;
  const saved = await store.putUser(spent ? { ...counted, wrapped: null } : counted);
  if (!saved.ok) return { kind: 'failed', saved };
  if (spent) return refused('pin-erased');
  const vault = await unwrapKeys(pin, user.salt, accountId, user.wrapped);
  if (vault !== null) {
    const opened: UserRow = { ...user, failures: 0, retryAtMs: 0 };
    const cleared = await store.putUser(opened);
    return cleared.ok ? { kind: 'open', user: opened, vault } : { kind: 'failed', saved: cleared };
  }
  if (failures < FAILURES_MAX) return refused('pin-wrong', { left: FAILURES_MAX - failures });
  const erased = await store.putUser({ ...counted, wrapped: null });
  return erased.ok ? refused('pin-erased') : { kind: 'failed', saved: erased };
}

type Refused = Extract<Unlocking, { kind: 'refused' }>;

function refused(code: Refused['code'], params: Record<string, number> = {}): Refused {
  return { kind: 'refused', code, params };
}
