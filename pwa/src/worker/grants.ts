// What the hub signed at a sign-in, in front of the work that is done under it.
//
// The hub judges work by the grant of its author at that time. One that is restored from a backup has lost the grants since;
// it finds them again in the logs that devices push (docs/protocol.md, "Epochs").

import { fromHex, equalBytes } from '../sync/bytes';
import { findBody } from '../sync/event';
import type { UserRow } from '../store/port';
import type { Tablet } from './tablet';

/** The device itself writes it, not the person: it is nobody's work, and no list shows it. */
const DEVICE = '';

/** Writes the grant of this person's sign-in into the log, unless it is there; whether it was written now. */
export async function showGrant(tablet: Tablet, { id, pass }: UserRow): Promise<boolean> {
  if (pass === undefined) return false;
  const shown = await tablet.append(DEVICE, () => {
    if (isShown(tablet, id, pass)) return Promise.resolve(null);
    const authored = { type: 'grant.show', stream: fromHex(id), body: pass } as const;
    return Promise.resolve({ authored, counter: null, draftDone: null, renews: null });
  });
  return shown.ok;
}

function isShown(tablet: Tablet, id: string, pass: NonNullable<UserRow['pass']>): boolean {
  const shown = tablet.rows.filter(({ stream, actor }) => actor === DEVICE && stream === id);
  return shown.some(({ head }) => {
    const typed = findBody(head);
    return typed?.type === 'grant.show' && equalBytes(typed.body.content, pass.content);
  });
}
