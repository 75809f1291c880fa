// What the hub signed at a sign-in, in front of the work that is done under it.
//
// The hub judges work by the grant of its author at that time. One that is restored from a backup has lost the grants since;
// it finds them again in the logs that devices push (docs/protocol.md, "Epochs").

import { fromHex, equalBytes } from '../sync/bytes';
import { findBody } from '../sync/event';
import type { Store, UserRow } from '../store/port';
import type { Unlocked } from './core';
import type { Making } from './logged';
import type { Tablet } from './tablet';

/** The device itself writes it, not the person: it is nobody's work, and no list shows it. */
const DEVICE = '';

/** Appends what this person does; in front of the first of it after a sign-in goes what the hub signed at that. */
export async function appendWork(store: Store, { user, tablet }: Unlocked, make: () => Promise<Making | null>): ReturnType<Tablet['append']> {
  const shown = await showGrant(store, tablet, user.id);
  return shown.ok ? tablet.append(user.id, make) : shown;
}

async function showGrant(store: Store, tablet: Tablet, id: string): ReturnType<Tablet['append']> {
  // From the store: the person may have signed in anew in another tab.
  const pass = (await store.findUser(id))?.pass;
  if (pass === undefined || isShown(tablet, id, pass)) return { ok: true };
  const authored = { type: 'grant.show', stream: fromHex(id), body: pass } as const;
  const making = { authored, counter: null, draftDone: null, renews: null };
  // Asked again while the log is held: another tab may have shown it meanwhile.
  const shown = await tablet.append(DEVICE, () => Promise.resolve(isShown(tablet, id, pass) ? null : making));
  return shown.ok || shown.code === 'not-found' ? { ok: true } : shown;
}

function isShown(tablet: Tablet, id: string, pass: NonNullable<UserRow['pass']>): boolean {
  const shown = tablet.rows.filter(({ stream, actor }) => actor === DEVICE && stream === id);
  return shown.some(({ head }) => {
    const typed = findBody(head);
    return typed?.type === 'grant.show' && equalBytes(typed.body.content, pass.content);
  });
}
