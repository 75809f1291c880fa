// Drafts: durable from the first key, their author's alone, and one that cannot be opened hides no other.

import { packValue, unpackValue } from '../sync/codec';
import { either, list, may, must, record, struct, text, uint } from '../sync/shape';
import type { DraftRow } from '../store/port';
import type { Draft, MaterialLine, PhotoRef, Result } from './api';
import { LOCKED, type Core, type Unlocked } from './core';
import { seal, unseal } from './vault';
import { isWords, namesOf } from './words';

const STATUS = /^(provided|exempt|deferred|missing)$/;
const photo = struct<PhotoRef>({ sha256: must(text(64)), size: must(uint), mime: must(text()) });
const line = struct<MaterialLine>({
  id: must(text()),
  status: must((value, where) => text(10, STATUS)(value, where) as MaterialLine['status']),
  photos: must(list(photo)),
  note: may(text(), () => ''),
});
const shape = struct<Draft>({
  id: must(text()),
  itemId: must(text()),
  window: may(text(), () => ''),
  fields: must(record(either(list(text()), Array.isArray, text()), text())),
  materials: must(list(line)),
  updatedMs: must(uint),
});

/** One row of somebody's own drafts; `draft` null: what is kept there is not theirs to open, or no draft. */
export interface Opened {
  row: DraftRow;
  draft: Draft | null;
}

async function open({ vault }: Unlocked, row: DraftRow): Promise<Opened> {
  try {
    return { row, draft: shape(unpackValue(await unseal(vault.user, placeOf(row.id), row.sealed)), 'draft') };
  } catch {
    // Whatever is wrong with it, it is said of this draft, in its place in the list.
    return { row, draft: null };
  }
}

async function ownRow({ unlocked, store }: Core, id: string): Promise<DraftRow | null> {
  const row = await store.findDraft(id);
  return row?.owner === unlocked?.user.id ? row : null;
}

/** All drafts of the person who is unlocked, readable or not; another's cannot even be opened. */
export async function openDrafts({ store }: Core, unlocked: Unlocked): Promise<Opened[]> {
  const rows = (await store.drafts(unlocked.user.id)).filter(({ id }) => !isWords(id));
  return Promise.all(rows.map((row) => open(unlocked, row)));
}

export async function findDraft(core: Core, id: string): Promise<Result<Draft>> {
  if (core.unlocked === null) return LOCKED;
  const row = await ownRow(core, id);
  if (row === null) return { ok: false, code: 'not-found' };
  const { draft } = await open(core.unlocked, row);
  return draft === null ? { ok: false, code: 'draft-unreadable' } : { ok: true, value: draft };
}

export async function saveDraft(core: Core, draft: Draft): Promise<Result<null>> {
  const { unlocked, store } = core;
  if (unlocked === null) return LOCKED;
  const { user, vault, tablet } = unlocked;
  // Received in another tab meanwhile: a draft of the same name could never be received again.
  if (tablet.replica.cases.has(draft.id)) return { ok: false, code: 'draft-received' };
  // A form that was open when the tablet changed hands must not write over its own author's draft.
  const kept = await store.findDraft(draft.id);
  if (kept !== null && kept.owner !== user.id) return { ok: false, code: 'not-found' };
  const updatedMs = await core.now();
  const sealed = await seal(vault.user, placeOf(draft.id), packValue({ ...draft, updatedMs }));
  const saved = core.resultOf(await store.putDraft({ id: draft.id, owner: user.id, sealed, updatedMs, photos: namesOf(draft.materials) }));
  if (saved.ok) core.stored([{ kind: 'drafts' }]);
  return saved;
}

export async function deleteDraft(core: Core, id: string): Promise<Result<null>> {
  if (core.unlocked === null || (await ownRow(core, id)) === null) return { ok: false, code: 'not-found' };
  const saved = core.resultOf(await core.store.deleteDraft(id));
  if (saved.ok) core.stored([{ kind: 'drafts' }]);
  return saved;
}

const placeOf = (id: string): string => `draft:${id}`;
