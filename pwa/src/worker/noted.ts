// What came to nothing and what a person has taken note of: it asks for nobody's hands any more. Nothing is deleted for it.

import { withNoted } from '../store/port';
import type { Result } from './api';
import { LOCKED, type Core } from './core';

/** `seqs`: of this device's own steps. Kept for this person on this tablet. */
export async function takeNote(core: Core, seqs: readonly number[]): Promise<Result<null>> {
  const { unlocked, device, store } = core;
  if (unlocked === null || device === null) return LOCKED;
  const saved = core.resultOf(await store.addNoted(unlocked.user.id, device.number, seqs));
  if (!saved.ok) return saved;
  unlocked.user = withNoted(unlocked.user, device.number, seqs);
  core.stored([{ kind: 'cases', ids: [] }, { kind: 'status' }]);
  return saved;
}
