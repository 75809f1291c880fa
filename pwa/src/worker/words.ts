// What is written into the sheet of an act before it is done: kept like a draft, under its author's own key.

import { packValue, unpackValue } from '../sync/codec';
import type { ActInput, MaterialLine, Result } from './api';
import { LOCKED, type Core, type Unlocked } from './core';
import { seal, unseal } from './vault';

const PREFIX = 'words:';

/** Whether a row of the drafts is of a sheet and not of a form. */
export const isWords = (id: string): boolean => id.startsWith(PREFIX);

/** The photographs of what is written, in the clear beside it: none of them is deleted, whoever is at the tablet. */
export function namesOf(materials: readonly MaterialLine[]): string[] {
  return materials.flatMap(({ photos }) => photos.map(({ sha256 }) => sha256));
}

/** One for each person, case and act. */
function placeOf({ user }: Unlocked, caseId: string, type: string): string {
  return `${PREFIX}${user.id}:${caseId}:${type}`;
}

export async function keepWords(core: Core, caseId: string, type: string, words: ActInput): Promise<Result<null>> {
  const { unlocked, store } = core;
  if (unlocked === null) return LOCKED;
  const id = placeOf(unlocked, caseId, type);
  const sealed = await seal(unlocked.vault.user, id, packValue(words));
  return core.resultOf(await store.putDraft({ id, owner: unlocked.user.id, sealed, updatedMs: await core.now(), photos: namesOf(words.materials ?? []) }));
}

export async function wordsOf({ unlocked, store }: Core, caseId: string, type: string): Promise<ActInput | null> {
  const row = unlocked === null ? null : await store.findDraft(placeOf(unlocked, caseId, type));
  if (unlocked === null || row === null) return null;
  try {
    return unpackValue(await unseal(unlocked.vault.user, row.id, row.sealed)) as ActInput;
  } catch {
    // What cannot be read cannot be shown: the sheet begins empty, and the act stays possible.
    return null;
  }
}

export async function dropWords(core: Core, caseId: string, type: string): Promise<Result<null>> {
  const { unlocked, store } = core;
  if (unlocked === null) return LOCKED;
  return core.resultOf(await store.deleteDraft(placeOf(unlocked, caseId, type)));
}
