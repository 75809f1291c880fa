// What came to nothing and what a person has taken note of: it asks for nobody's hands any more. Nothing is deleted for it.

import { withNoted } from '../store/port';
import type { Result } from './api';
import { LOCKED, type Core } from './core';

/** `seqs`: of this device's own steps. Kept for this person on this tablet, by position: what a restored hub says anew is news. */
export async function takeNote(core: Core, seqs: readonly number[]): Promise<Result<null>> {
  const { unlocked, store } = core;
  if (unlocked === null) return LOCKED;
  const positions = seqs.map((seq) => unlocked.tablet.rows[seq - 1]?.position ?? 0).filter((position) => position > 0);
  const saved = core.resultOf(await store.addNoted(unlocked.user.id, positions));
  if (!saved.ok) return saved;
  unlocked.user = withNoted(unlocked.user, positions);
  core.stored([{ kind: 'cases', ids: [] }, { kind: 'status' }]);
  return saved;
}
