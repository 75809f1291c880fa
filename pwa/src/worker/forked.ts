// That the hub has another log under this device's number, kept so that every tab and any reload knows it.

import { StoreFailed } from '../store/failure';
import type { Store } from '../store/port';

/** Keeps what the hub says of the log of this number. */
export async function keepForked(store: Store, number: number, forked: boolean): Promise<void> {
  const device = await store.findDevice();
  // Enrolled anew meanwhile: the log of that number is another one.
  if (device?.number !== number || (device.forked ?? false) === forked) return;
  const saved = await store.putForked(forked);
  if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
}
