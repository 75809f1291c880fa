// Which photographs a tablet no longer needs: removed ones that nothing refers to, and such as the hub has long held.
//
// Nothing goes before the hub's own signature for it, nor while a draft of anybody here, or an event that the hub has not
// taken, names it. That is looked at while nobody can write to the log, and drafts are asked within the deletion itself.

import type { PhotoRow, Saved } from '../store/port';
import type { Core, Unlocked } from './core';
import { StoreFailed } from '../store/failure';
import { namings } from './named';

const DAY_MS = 86_400_000;
/** A photo that nothing refers to may be in a form that is on a screen and was not saved since. */
export const REMOVED_KEPT_MS = DAY_MS;
/** A photo that the hub holds is here still when the line is cut, and for a hub that is restored from a backup. */
export const SENT_KEPT_MS = 30 * DAY_MS;

type Photo = Omit<PhotoRow, 'sealed'>;

/** A device out of service keeps nothing that the hub holds. */
function isOver({ savedMs, sentMs }: Photo, nowMs: number, revoked: boolean): boolean {
  if (revoked && sentMs !== 0) return true;
  return nowMs - Math.max(savedMs, sentMs) >= (sentMs === 0 ? REMOVED_KEPT_MS : SENT_KEPT_MS);
}

/** Deletes what is over; called while somebody is unlocked, by the tab that leads. */
export async function tidyPhotos(core: Core, unlocked: Unlocked): Promise<void> {
  const nowMs = unlocked.tablet.now();
  const over = (await core.store.photos()).filter((photo) => isOver(photo, nowMs, core.revokedProven));
  if (over.length === 0) return;
  await unlocked.tablet.holdLog(async () => {
    const named = await namedPhotos(core, unlocked);
    if (named === null) return;
    const doomed = over.filter(({ sha256, sentMs }) => !named.open.has(sha256) && (sentMs !== 0 || !named.taken.has(sha256)));
    // Without feeds nothing else here would say that the hub has them; first, so that a crash forgets none.
    if (core.revokedProven) await keepDropped(core, doomed);
    must(await core.store.dropPhotos(doomed));
  });
  await core.loadPhotos();
  core.stored([{ kind: 'status' }]);
}

async function keepDropped(core: Core, doomed: readonly Photo[]): Promise<void> {
  const before = (await core.store.findDevice())?.droppedPhotos ?? [];
  const sent = doomed.filter(({ sentMs }) => sentMs !== 0).map(({ sha256 }) => sha256);
  must(await core.store.putDroppedPhotos([...new Set([...before, ...sent])]));
}

function must(saved: Saved): void {
  if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
}

/** What events name: such as the hub has not taken, or refused, and such as it has. Null: there is one that cannot be read here. */
async function namedPhotos(core: Core, unlocked: Unlocked): Promise<{ open: Set<string>; taken: Set<string> } | null> {
  const open = new Set<string>();
  const taken = new Set<string>();
  for (const { photos, state, acked } of await namings(core.store, unlocked)) {
    if (photos === null) return null;
    for (const sha256 of photos) (state === 'accepted' && acked ? taken : open).add(sha256);
  }
  // Without feeds no case here tells of what the hub stored.
  if (core.revokedProven) return { open, taken };
  for (const { view } of unlocked.tablet.replica.cases.values()) {
    for (const [sha256, [, , stored]] of Object.entries(view.attachments)) (stored ? taken : open).add(sha256);
  }
  return { open, taken };
}
