// A device that is out of service: that it heard so is kept, and what it may no longer hold goes.
//
// What others wrote goes, photographs that the hub holds, and the wrapped keys of everybody who has nothing open here. What
// exists nowhere else stays, with what opens it: the own log, drafts, their photographs, the keys of their authors, and the
// zone's records, without which no form can be read. Every step may be done again, so that the next start finishes what a
// crash cut short; the keys go last, since photographs are told apart with them. Nothing goes on a word that the hub has not
// signed: whoever answers for it over HTTP could otherwise empty a tablet.

import { StoreFailed } from '../store/failure';
import type { Saved } from '../store/port';
import type { Core, Unlocked } from './core';
import { namings } from './named';
import { tidyPhotos } from './tidy';
import { openRows } from './untaken';

/** What a device out of service keeps of the hub's, since without it no form can be read. */
export const RECORDS = 'zone';

/** Keeps what the hub says of this device in a greeting that it proved or an acknowledgement that it signed, and acts on it. */
export async function hearRevoked(core: Core, revoked: boolean): Promise<void> {
  if (core.revoked === revoked && core.revokedProven === revoked) return;
  if ((await keepWord(core, revoked, true)) && revoked) await dropHeld(core);
}

/** Keeps what an answer without a signature says, until a greeting confirms it or takes it back; nothing goes for it. */
export async function suspectRevoked(core: Core): Promise<void> {
  if (!core.revoked) await keepWord(core, true, false);
}

/** For every tab and any reload; whether it is kept. */
async function keepWord(core: Core, revoked: boolean, proven: boolean): Promise<boolean> {
  if (core.device === null) return false;
  const sinceMs = core.revoked ? core.device.revokedMs : await core.now();
  const revokedMs = revoked ? (sinceMs ?? 0) : 0;
  const revokedProven = revoked && proven;
  if (!core.resultOf(await core.store.putRevoked(revokedMs, revokedProven)).ok) return false;
  core.device = { ...core.device, revokedMs, revokedProven };
  core.surface.channel.send({ kind: 'device' });
  core.tell([{ kind: 'status' }]);
  return true;
}

/** Drops what a device out of service may not hold; what needs keys waits until somebody unlocks. */
export async function dropHeld(core: Core): Promise<void> {
  try {
    const feeds = (await core.store.feeds()).map(({ feed }) => feed);
    await dropFeeds(core, feeds.filter((feed) => feed !== RECORDS));
    if (core.unlocked === null) return;
    await tidyPhotos(core, core.unlocked);
    await dropKeys(core, core.unlocked);
  } catch (error) {
    // A person is told; the next start goes on with it.
    core.failed(error);
  }
}

/** Drops these feeds from storage and, while somebody is unlocked, from what is shown. */
export async function dropFeeds(core: Core, feeds: readonly string[]): Promise<void> {
  if (feeds.length === 0) return;
  for (const feed of feeds) {
    if (core.unlocked === null) must(await core.store.forgetFeed(feed));
    else await core.unlocked.tablet.forget(feed);
  }
  core.stored([{ kind: 'status' }, { kind: 'cases', ids: [] }]);
}

/** Who has neither a draft nor untaken work here, nor named a photograph that was never sent, unlocks nothing more. */
async function dropKeys(core: Core, unlocked: Unlocked): Promise<void> {
  const { store } = core;
  const log = await store.log(0);
  const open = [...log.filter(({ state, acked }) => state !== 'accepted' || !acked), ...(await openRows(core, log)).map(({ row }) => row)];
  const authors = new Set(open.map(({ actor }) => actor));
  const unsent = new Set((await store.photos()).filter(({ sentMs }) => sentMs === 0).map(({ sha256 }) => sha256));
  // Whatever cannot be read may name one.
  for (const { actor, photos } of await namings(store, unlocked)) if (photos?.some((sha256) => unsent.has(sha256)) ?? true) authors.add(actor);
  const idle: string[] = [];
  for (const { id, wrapped } of await store.users()) {
    if (wrapped !== null && !authors.has(id) && (await store.drafts(id)).length === 0) idle.push(id);
  }
  if (idle.length === 0) return;
  must(await store.dropKeys(idle));
  core.stored([{ kind: 'status' }]);
}

function must(saved: Saved): void {
  if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
}
