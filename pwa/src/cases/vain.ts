// Own steps that came to nothing, refused by the hub or without effect, and which of them still ask for a person.

import type { HistoryRow } from '../sync/fold';
import type { CaseReplica, OwnEvent } from '../sync/replica';

/** What the device knows of who looks: its own number, and what that person has taken note of already, by its position. */
export interface Onlooker {
  device: number;
  noted: ReadonlySet<number>;
}

/** Where the last opening of this case stands in the own log that the hub has not refused; 0: nowhere. One that writes another of this log anew speaks for that alone. */
function openedAt({ own }: CaseReplica): number {
  const openings = [...own.values()].filter(({ source, state, renews }) => source.head.type === 'case.receive' && state !== 'refused' && renews?.device !== source.device);
  return Math.max(0, ...openings.map(({ source }) => source.seq));
}

// What these say is their author's own: the same step by somebody else says something else.
const OWN_WORDS = new Set(['case.edit', 'case.supplement', 'case.supply_deferred', 'case.transfer']);

/** Whether somebody has done, behind this position, what a step of this type would have done. */
export function isDone({ view }: CaseReplica, type: string, position: number): boolean {
  return position > 0 && !OWN_WORDS.has(type) && view.history.some((row) => row[0] > position && row[3] === type && row[7] === 'applied');
}

const isPlace = (one: OwnEvent['renews'], { device, seq }: { device: number; seq: number }): boolean => one?.device === device && one.seq === seq;

/** Whether nothing is to be done for an event that the hub refused: it was written once more, or done by somebody else. */
export function isOver(kept: CaseReplica, { source, position, renews }: OwnEvent): boolean {
  const again = [...kept.own.values()].some((one) => isPlace(one.renews, source) || (renews !== null && isPlace(one.renews, renews) && one.source.seq > source.seq));
  return again || source.seq < openedAt(kept) || isDone(kept, source.head.type, position);
}

/** Own events that the hub refused and that a person should look at. */
export function openRefusals(kept: CaseReplica, { noted }: Onlooker): OwnEvent[] {
  return [...kept.own.values()].filter((own) => own.state === 'refused' && !noted.has(own.position) && !isOver(kept, own));
}

/** Whether a step had no effect. What the hub has taken and no feed has brought here only the hub can tell. */
export function isVoid({ own }: CaseReplica, row: HistoryRow): boolean {
  const mine = own.get(row[2]);
  const unplaced = row[0] === 0 && mine?.source.device === row[1] && mine.state === 'accepted';
  return row[7] === 'void' && !unplaced;
}

/** Own acts that had no effect and that a person should look at. */
export function openVoids(kept: CaseReplica, { device, noted }: Onlooker): HistoryRow[] {
  return kept.view.history.filter((row) => row[1] === device && isVoid(kept, row) && !noted.has(row[0]));
}
