// A case or a draft as one line of a list, and the search over them.

import type { CaseState, HolderValue } from '../sync/fold';
import { isTerminal } from '../sync/lifecycle';
import type { CaseReplica, OwnEvent } from '../sync/replica';
import { actionsFor, type Person } from './actions';
import type { CaseQuery, CaseSummary, Tick } from './types';
import { openRefusals, openVoids, type Onlooker } from './vain';

/** What a list must know beside the case itself. */
export interface Surroundings extends Onlooker {
  person: Person;
  /** The feeds that come to this person here. */
  feeds: ReadonlySet<string>;
  /** A relay of the point holds the own log up to here. */
  pointSeq: number;
  /** Photos by hex that the hub has signed for, and that a device out of service has dropped. */
  droppedPhotos: ReadonlySet<string>;
  /** Photos kept here by hex: when the hub's signature said that it holds them; 0: not yet. */
  sentMsByPhoto: ReadonlyMap<string, number>;
  itemName(id: string): string;
  /** All that an item is found by: names, initials, code. */
  itemWords(id: string): string;
}

// Acts that are always open to somebody are no work that waits for that person.
const NO_TASK = new Set([
  'case.withdraw',
  'case.terminate',
  'case.suspend',
  'case.extend',
  'case.lapse',
  'case.supply_deferred',
  'case.transfer',
]);

/** The first value of a key as text. */
export function textOf(state: CaseState, key: string): string {
  const value: HolderValue | undefined = state.values[key]?.[0]?.[0];
  return typeof value === 'string' ? value : '';
}

/** Photos of the case that the hub is not known to hold. */
export function missingPhotos(state: CaseState, around: Surroundings): string[] {
  return Object.entries(state.attachments)
    .filter(([sha256, [, , stored]]) => !stored && !isSent(sha256, around))
    .map(([sha256]) => sha256);
}

/** Whether the hub has signed for a photo, which a device out of service may have dropped since. */
export function isSent(sha256: string, { sentMsByPhoto, droppedPhotos }: Surroundings): boolean {
  return (sentMsByPhoto.get(sha256) ?? 0) > 0 || droppedPhotos.has(sha256);
}

/** The own events of which the hub holds something or is to: a refused one says nothing of a case that it has. */
function standing(kept: CaseReplica): OwnEvent[] {
  const own = [...kept.own.values()];
  return kept.stillborn ? own : own.filter(({ state }) => state !== 'refused');
}

/** Whether it went on where this person may not read: own steps alone would tell an older state. */
export function isAway({ position, own, view: { point, dept } }: CaseReplica, { feeds }: Surroundings): boolean {
  return position === 0 && [...own.values()].some(({ state }) => state === 'accepted') && !feeds.has(`point:${point}`) && !feeds.has(`dept:${dept}`);
}

/** What the list and the head of a case say of where it stands. */
function stateOf(kept: CaseReplica, around: Surroundings): string {
  // A case whose own opening the hub refused has no state but what its author wrote.
  if (kept.stillborn) return 'not_taken';
  return isAway(kept, around) ? 'away' : kept.view.state;
}

/** Whether the hub's signatures say that all of the case is there: every own event, and every photo. */
export function isConfirmed(kept: CaseReplica, photosMissing: number): boolean {
  if (photosMissing > 0) return false;
  if (kept.heard.size > 0) return false;
  const own = standing(kept);
  return (own.length > 0 || kept.position > 0) && own.every(({ state, acked }) => state === 'accepted' && acked);
}

/** Whether a relay of the point holds what the hub has not confirmed. */
export function isAtPoint(kept: CaseReplica, pointSeq: number): boolean {
  const own = standing(kept);
  const there = own.filter(({ source }) => source.seq <= pointSeq);
  const rest = own.filter(({ source, state, acked }) => source.seq > pointSeq && !(state === 'accepted' && acked));
  return rest.length === 0 && (there.length > 0 || kept.heard.size > 0);
}

/** When the last of it came to the hub: events and photos. */
export function atHubMs(kept: CaseReplica, { sentMsByPhoto }: Surroundings): number {
  const { view } = kept;
  const events = [...view.history.map((row) => row[6]), ...standing(kept).map(({ hubMs }) => hubMs)];
  const photos = Object.keys(view.attachments).map((sha256) => sentMsByPhoto.get(sha256) ?? 0);
  return Math.max(0, ...events, ...photos);
}

export function summarise(kept: CaseReplica, around: Surroundings): CaseSummary {
  const { view } = kept;
  const missing = missingPhotos(view, around);
  const tick: Tick = isConfirmed(kept, missing.length) ? 3 : isAtPoint(kept, around.pointSeq) ? 2 : 1;
  const opening = view.history.find((row) => row[3] === 'case.receive' || row[3] === 'case.submit_online');
  // The clocks of a case that came online run from its receipt at a window, not from its filing.
  const receipt = view.history.find((row) => row[3] === 'case.receive' && row[7] === 'applied') ?? opening;
  const itemId = view.item?.id ?? '';
  return {
    id: kept.id,
    kind: 'case',
    itemId,
    itemName: around.itemName(itemId),
    applicantName: textOf(view, 'a:name'),
    applicantIdNo: textOf(view, 'a:id_no'),
    receiptNo: view.receipt_no,
    caseNo: view.case_no,
    state: stateOf(kept, around),
    point: view.point,
    dept: view.dept,
    tick,
    tickMs: tick >= 3 ? atHubMs(kept, around) : kept.lastMs,
    photosUnsent: missing.filter((sha256) => around.sentMsByPhoto.has(sha256)).length,
    refused: openRefusals(kept, around).map(({ code }) => code),
    voided: openVoids(kept, around).length,
    conflicts: Object.values(view.values).filter((holders) => holders.length > 1).length,
    photosMissing: missing.length,
    mine: opening !== undefined && sameBytes(opening[4], around.person.actor),
    fault: '',
    receivedMs: receipt?.[5] ?? 0,
    updatedMs: kept.lastMs,
  };
}

/** Whether something in this state waits for the person. */
export function isTask(state: CaseState, person: Person): boolean {
  if (isTerminal(state.state)) return false;
  return actionsFor(state, person).some(({ type, blocked }) => blocked === null && !NO_TASK.has(type));
}

/** Whether a person must look: refused, two values, or an act without effect in a case that goes on. */
export function needsHands({ refused, conflicts, voided, state }: CaseSummary): boolean {
  return refused.length > 0 || conflicts > 0 || (voided > 0 && !isTerminal(state));
}

/** Whether the line belongs to the group asked for; `task` says whether it waits for the person. */
export function isInGroup(line: CaseSummary, group: CaseQuery['group'], task: boolean): boolean {
  switch (group) {
    case 'draft':
      return line.kind === 'draft';
    case 'waiting':
      return line.kind === 'case' && line.tick < 3;
    case 'confirmed':
      return line.tick >= 3;
    case 'attention':
      return needsHands(line);
    case 'todo':
      return line.kind === 'case' && task;
    case 'all':
    case undefined:
      return true;
  }
}

/** Whether every word of the query is found in the line; hyphens, spaces and case do not matter. */
export function matches(line: CaseSummary, text: string, itemWords: string): boolean {
  const words = text.normalize('NFKC').toLowerCase().split(/\s+/).filter((word) => word !== '');
  const { itemName, applicantName, applicantIdNo, receiptNo, caseNo } = line;
  const hay = [itemName, itemWords, applicantName, applicantIdNo, receiptNo, caseNo].map(compact).join(' ');
  return words.every((word) => hay.includes(compact(word)));
}

function compact(text: string): string {
  return text.toLowerCase().replaceAll('-', '');
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
