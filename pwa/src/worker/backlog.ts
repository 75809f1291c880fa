// What waits here: events that the hub has not confirmed, photographs that it does not hold.

import { needsHands, summarise, textOf } from '../cases/summary';
import { isOver } from '../cases/vain';
import { unpack } from '../sync/clock';
import type { Counts } from '../net/line';
import type { LogRow } from '../store/port';
import type { OutboxRow } from './api';
import type { Core, PhotoFacts, Unlocked } from './core';
import { photosOf } from './logged';
import { itemOf } from './reference';
import type { Tablet } from './tablet';

/** Photos kept here that an event refers to and that the hub has not confirmed; small ones first. */
export function unsentPhotos(core: Core, tablet: Tablet): PhotoFacts[] {
  const unsent = [...core.photos.values()].filter(({ sentMs }) => sentMs === 0);
  if (unsent.length === 0) return [];
  const wanted = caseByPhoto(core, tablet);
  return unsent.filter(({ sha256 }) => wanted.has(sha256)).sort((a, b) => a.size - b.size);
}

/**
 * The photos that work here names, with a case each; the log names those of cases that are not here any more. What a case
 * says of the hub's having one counts for nothing: it may be the word of a hub that was lost since, and asking costs little.
 */
function caseByPhoto(core: Core, tablet: Tablet): Map<string, string> {
  const named = new Map(core.formerPhotos);
  for (const { head, stream } of tablet.rows) for (const sha256 of photosOf(head) ?? []) named.set(sha256, stream);
  for (const { id, view } of tablet.replica.cases.values()) for (const sha256 of Object.keys(view.attachments)) named.set(sha256, id);
  return named;
}

/** Whether a person here wrote it; what the device wrote itself is nobody's work (grants.ts). */
function isWork({ actor }: LogRow): boolean {
  return actor !== '';
}

/** The hub refused it, and what it says was written once more since, or done by somebody else. */
function isMended({ replica }: Tablet, { stream, seq }: LogRow): boolean {
  const kept = replica.cases.get(stream);
  const own = kept?.own.get(seq);
  return kept !== undefined && own !== undefined && isOver(kept, own);
}

/** Parked events count as unsent: they have no place in the ledger yet. */
export function countsOf(core: Core, tablet: Tablet): Counts {
  let unsent = 0;
  let refused = 0;
  // In one pass without a list: asked every second, of a log of any length.
  for (const row of tablet.rows) {
    if (!isWork(row)) continue;
    if (!row.acked || row.state === 'queued' || row.state === 'parked') unsent += 1;
    if (row.state === 'refused' && !isMended(tablet, row)) refused += 1;
  }
  return { unsent, refused, unsentAttachments: unsentPhotos(core, tablet).length };
}

/** Everything that waits or was refused, oldest first, photographs after events. */
export function outboxOf(core: Core, unlocked: Unlocked, connected: boolean): OutboxRow[] {
  const { tablet } = unlocked;
  const { replica } = tablet;
  const titleOf = (caseId: string): string => {
    const view = replica.cases.get(caseId)?.view;
    if (view === undefined) return '';
    const id = view.item?.id ?? '';
    return [itemOf(replica, id)?.name ?? id, textOf(view, 'a:name')].filter((part) => part !== '').join(' ');
  };
  const events = tablet.rows.filter(isWork).flatMap((row): OutboxRow[] => {
    const { seq, stream, savedMs, state, code, acked } = row;
    if ((acked && state === 'accepted') || (state === 'refused' && isMended(tablet, row))) return [];
    const own = replica.cases.get(stream)?.own.get(seq);
    const waiting = connected ? 'in_flight' : 'queued';
    return [
      {
        id: `event:${String(seq)}`,
        caseId: stream,
        type: own?.source.head.type ?? '',
        title: titleOf(stream),
        savedMs: own === undefined ? savedMs : Math.min(savedMs, unpack(own.source.head.hlc).ms),
        state: state === 'parked' || state === 'refused' ? state : waiting,
        code,
        progress: 0,
      },
    ];
  });
  const caseOf = caseByPhoto(core, tablet);
  const photos = unsentPhotos(core, tablet).map(({ sha256, size, savedMs }): OutboxRow => {
    const caseId = caseOf.get(sha256) ?? '';
    const progress = (core.received.get(sha256) ?? 0) / size;
    return { id: `photo:${sha256}`, caseId, type: 'photo', title: titleOf(caseId), savedMs, state: 'photo', code: core.revoked ? 'device-revoked' : '', progress };
  });
  return [...events, ...photos];
}

/** How many cases need hands: refused, without effect, or with two values; but for those that wait to be sent again. */
export function attentionOf(core: Core, unlocked: Unlocked, former: ReadonlySet<string>): number {
  const around = core.surroundings(unlocked);
  let count = 0;
  for (const kept of unlocked.tablet.replica.cases.values()) {
    // Only own acts are refused or without effect to their author, so that most cases need no closer look.
    const doubtful = kept.own.size > 0 || Object.values(kept.view.values).some((holders) => holders.length > 1);
    if (doubtful && !kept.rumour && !former.has(kept.id) && needsHands(summarise(kept, around))) count += 1;
  }
  return count;
}
