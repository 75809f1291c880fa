// Own steps that came to nothing, refused by the hub or without effect, and which of them still ask for a person.

import type { HistoryRow } from '../sync/fold';
import type { CaseReplica, OwnEvent } from '../sync/replica';

/** What the device knows of who looks: its own number, and what that person has taken note of already. */
export interface Onlooker {
  device: number;
  noted: ReadonlySet<number>;
}

/** Where the last opening of this case stands in the own log that the hub has not refused; 0: nowhere. One that writes another of this log anew speaks for that alone. */
function openedAt({ own }: CaseReplica): number {
  const openings = [...own.values()].filter(({ source, state, renews }) => source.head.type === 'case.receive' && state !== 'refused' && renews === 0);
  return Math.max(0, ...openings.map(({ source }) => source.seq));
}

/** Whether somebody has done, since this moment, what a step of this type would have done; an edit is nobody else's. */
export function isDone({ view }: CaseReplica, type: string, sinceMs: number): boolean {
  return type !== 'case.edit' && view.history.some((row) => row[0] > 0 && row[3] === type && row[7] === 'applied' && row[6] >= sinceMs);
}

/** Whether nothing is to be done for an event that the hub refused: it was written once more, or done by somebody else. */
export function isOver(kept: CaseReplica, { source: { seq, head }, hubMs, renews }: OwnEvent): boolean {
  const again = [...kept.own.values()].some((one) => one.renews === seq || (renews !== 0 && one.renews === renews && one.source.seq > seq));
  return again || seq < openedAt(kept) || isDone(kept, head.type, hubMs);
}

/** Own events that the hub refused and that a person should look at. */
export function openRefusals(kept: CaseReplica, { noted }: Onlooker): OwnEvent[] {
  return [...kept.own.values()].filter((own) => own.state === 'refused' && !noted.has(own.source.seq) && !isOver(kept, own));
}

/** Whether a step had no effect. What the hub has taken and no feed has brought here only the hub can tell. */
export function isVoid({ own }: CaseReplica, row: HistoryRow): boolean {
  const mine = own.get(row[2]);
  const unplaced = row[0] === 0 && mine?.source.device === row[1] && mine.state === 'accepted';
  return row[7] === 'void' && !unplaced;
}

/** Own acts that had no effect and that a person should look at. */
export function openVoids(kept: CaseReplica, { device, noted }: Onlooker): HistoryRow[] {
  return kept.view.history.filter((row) => row[1] === device && isVoid(kept, row) && !noted.has(row[2]));
}
