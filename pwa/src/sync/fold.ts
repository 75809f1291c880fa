// A case's state as the fold of its events (docs/protocol.md, section 8). Twin of sync/fold.py: every replica that has the
// same events says the same, byte for byte. `apply` changes a state in place; `copyState` makes one to try things on.

import { compareBytes, toHex, EMPTY, type Bytes } from './bytes';
import { unpack } from './clock';
import { packSorted } from './codec';
import {
  decodeHead,
  findBody,
  wordsOf,
  type Act,
  type AttachmentStored,
  type EventHead,
  type ItemFacts,
  type Material,
  type Receive,
  type Typed,
  type Value,
} from './event';
import type { Void } from './generated/errors';
import { DRAFT, findRow, mayEditIn, type Guard, type Row } from './lifecycle';
import { sameValue } from './same';

export type HolderValue = string | string[] | [status: string, note: string, photos: Bytes[]];

/** A value and the event that set it. */
export type Holder = [value: HolderValue, position: number, device: number, seq: number];

export type AppliedEffect = 'applied' | 'void' | 'unknown';

export type HistoryRow = [
  position: number,
  device: number,
  seq: number,
  type: string,
  actor: Bytes,
  ms: number,
  hubMs: number,
  effect: AppliedEffect,
  code: string,
  from: string,
  to: string,
  text: string,
];

/** What an act said beside its text, if it said any of these. */
export type Particulars = [device: number, seq: number, missing: Defect[], until: string, recipient: string, manner: string];
export type Defect = [kind: string, id: string, note: string];

/** Where a case stands and all that its history left; keys as in the state's bytes. */
export interface CaseState {
  state: string;
  item: ItemFacts | null;
  point: string;
  dept: string;
  person: string;
  window: string;
  receipt_no: string;
  case_no: string;
  values: Record<string, Holder[]>;
  attachments: Record<string, [size: number, mime: string, stored: boolean]>;
  corrections: number;
  extensions: number;
  unknown: number;
  deferred: string[];
  missing: Defect[];
  reviewer: Bytes;
  history: HistoryRow[];
  particulars: Particulars[];
}

/** An event with its place: position and hubMs are 0 while the hub has not confirmed it. */
export interface Source {
  position: number;
  device: number;
  seq: number;
  hubMs: number;
  head: EventHead;
}

/** [position, device, seq, hub_ms, event], as the wire has it. */
export type FullEntry = readonly [position: number, device: number, seq: number, hubMs: number, event: Uint8Array];

const LICENCE_TYPE_CODE = '01'; // 行政许可

const VOID_BY_GUARD: Record<Guard, Void> = {
  correction_once: 'correction-once',
  extension_once: 'extension-once',
  licence_only: 'licence-only',
  instant_only: 'instant-only',
  not_own_review: 'own-review',
  no_deferral_open: 'deferral-open',
  deferral_open: 'no-deferral-open',
};

export function emptyState(): CaseState {
  return {
    state: DRAFT,
    item: null,
    point: '',
    dept: '',
    person: '',
    window: '',
    receipt_no: '',
    case_no: '',
    values: {},
    attachments: {},
    corrections: 0,
    extensions: 0,
    unknown: 0,
    deferred: [],
    missing: [],
    reviewer: EMPTY,
    history: [],
    particulars: [],
  };
}

/** The state as bytes that are the same on every replica that has the same events. */
export function stateBytes(state: CaseState): Bytes {
  return packSorted(state);
}

/** A state that can be changed without changing this one. Holders and rows are never changed, so they are shared. */
export function copyState(state: CaseState): CaseState {
  return {
    ...state,
    values: { ...state.values },
    attachments: { ...state.attachments },
    history: [...state.history],
    particulars: [...state.particulars],
  };
}

/** An entry with its event's head. Throws when the bytes are no event. */
export function sourceOf([position, device, seq, hubMs, event]: FullEntry): Source {
  return { position, device, seq, hubMs, head: decodeHead(event) };
}

/** As unconfirmed events are ordered: by (hlc, device, seq). */
export function compareUnconfirmed(a: Source, b: Source): number {
  return compareBytes(a.head.hlc, b.head.hlc) || a.device - b.device || a.seq - b.seq;
}

/** The state after these events of one case, given in any order, each once. */
export function foldCase(confirmed: Iterable<FullEntry>, unconfirmed: Iterable<FullEntry>): CaseState {
  const state = emptyState();
  const ordered = Array.from(confirmed, sourceOf).sort((a, b) => a.position - b.position);
  const waiting = Array.from(unconfirmed, sourceOf).sort(compareUnconfirmed);
  for (const source of [...ordered, ...waiting]) apply(state, source);
  return state;
}

/** Changes `state` by one event; the void code when it had no effect in the state that it met. `found`: its body, when that is known already. */
export function apply(state: CaseState, source: Source, found: Typed | null = findBody(source.head)): Void | null {
  const { head, position, device, seq, hubMs } = source;
  const before = state.state;
  let code: Void | null = null;
  let text = '';
  if (found === null) {
    state.unknown += 1;
  } else {
    code = applyBody(state, source, found);
    if ('opinion' in found.body) {
      text = wordsOf(found.body);
      keepParticulars(state, source, found.body);
    }
    if (found.type === 'case.fetch') text = found.body.reason;
  }
  const effect = found === null ? 'unknown' : code === null ? 'applied' : 'void';
  const { ms } = unpack(head.hlc);
  state.history.push([position, device, seq, head.type, head.actor, ms, hubMs, effect, code ?? '', before, state.state, text]);
  return code;
}

function applyBody(state: CaseState, source: Source, found: Typed): Void | null {
  switch (found.type) {
    case 'case.edit':
      if (!mayEditIn(state.state)) return 'state';
      setParts(state, source, found.body.fields, found.body.materials);
      return null;
    case 'case.number':
      if (state.case_no !== '') return 'state';
      state.case_no = found.body.case_no;
      return null;
    case 'case.attachment':
      setStored(state, found.body);
      return null;
    case 'case.fetch':
      return null; // Who reads it is no part of where it stands; the history says who fetched it, and why.
    case 'point.set':
    case 'window.set':
    case 'department.set':
    case 'item.publish':
    case 'bundle.set':
    case 'resource.set':
    case 'duty.set':
    case 'account.set':
    case 'grant.issue':
    case 'grant.show':
    case 'session.end':
    case 'device.enrol':
    case 'device.revoke':
    case 'epoch.begin':
    case 'backup.made':
      // A type of another family in a case's stream: the hub refuses it; it says nothing.
      return 'state';
    default:
      return transit(state, source, found.body);
  }
}

/** The void code when the guard does not hold for this actor's act in this state. */
export function guardVoid(guard: Guard, state: CaseState, actor: Uint8Array): Void | null {
  return guardHolds(guard, state, actor) ? null : VOID_BY_GUARD[guard];
}

function guardHolds(guard: Guard, state: CaseState, actor: Uint8Array): boolean {
  switch (guard) {
    case 'correction_once':
      return state.corrections === 0;
    case 'extension_once':
      return state.extensions === 0;
    case 'licence_only':
      return state.item?.type_code === LICENCE_TYPE_CODE;
    case 'instant_only':
      return state.item?.case_type === 'instant';
    case 'not_own_review':
      return compareBytes(actor, state.reviewer) !== 0;
    case 'no_deferral_open':
      return state.deferred.length === 0;
    case 'deferral_open':
      return state.deferred.length > 0;
  }
}

function transit(state: CaseState, source: Source, body: Receive | Act): Void | null {
  const row = findRow(source.head.type, state.state);
  if (row === undefined) return 'state';
  for (const guard of row.guards ?? []) {
    const code = guardVoid(guard, state, source.head.actor);
    if (code !== null) return code;
  }
  if ('applicant' in body) open(state, source, body);
  setParts(state, source, body.fields, body.materials);
  if ('opinion' in body) doEffects(state, row, source, body);
  state.state = row.to;
  return null;
}

function open(state: CaseState, source: Source, body: Receive): void {
  state.item = body.item;
  state.point = body.point;
  state.dept = body.dept;
  // A receipt at the window does not undo what the applicant's own submission said.
  state.person = body.person || state.person;
  state.window = body.window || state.window;
  state.receipt_no = body.receipt_no || state.receipt_no;
  setValue(state, source, 'a:name', body.applicant.name);
  setValue(state, source, 'a:id_type', body.applicant.id_type);
  setValue(state, source, 'a:id_no', body.applicant.id_no);
  setValue(state, source, 'a:phone', body.applicant.phone);
}

function setParts(state: CaseState, source: Source, fields: Record<string, Value>, materials: Material[]): void {
  for (const [key, value] of Object.entries(fields)) setValue(state, source, `f:${key}`, value);
  for (const { id, status, note, photos } of materials) {
    setValue(state, source, `m:${id}`, [status, note, photos.map((photo) => photo.sha256)]);
    for (const { sha256, size, mime } of photos) state.attachments[toHex(sha256)] ??= [size, mime, false];
  }
}

/** Sets `values[key]` as `source` saw it: what its author had not seen stays beside it. */
function setValue(state: CaseState, source: Source, key: string, value: HolderValue): void {
  const holders = state.values[key];
  if (holders === undefined) {
    state.values[key] = [[value, source.position, source.device, source.seq]];
    return;
  }
  const kept = holders.filter((holder) => !sawHolder(source, holder));
  if (!kept.some((holder) => sameValue(holder[0], value))) kept.push([value, source.position, source.device, source.seq]);
  state.values[key] = kept;
}

function sawHolder(source: Source, [, position, device, seq]: Holder): boolean {
  if (device === source.device && seq < source.seq) return true;
  // A base at or past its own position was said of a history that the hub has lost: it has seen nothing of this one.
  const { base } = source.head;
  if (position > 0 && position <= base && (source.position === 0 || base < source.position)) return true;
  return source.head.seen.some(([d, s]) => d === device && s === seq);
}

function setStored(state: CaseState, body: AttachmentStored): void {
  const key = toHex(body.sha256);
  const [size, mime] = state.attachments[key] ?? [body.size, body.mime];
  state.attachments[key] = [size, mime, true];
}

function defectsOf({ missing }: Act): Defect[] {
  return missing.map(({ kind, id, note }) => [kind, id, note]);
}

function keepParticulars(state: CaseState, { device, seq }: Source, body: Act): void {
  const { missing, until, recipient, manner } = body;
  if (missing.length === 0 && until === '' && recipient === '' && manner === '') return;
  state.particulars.push([device, seq, defectsOf(body), until, recipient, manner]);
}

function doEffects(state: CaseState, row: Row, source: Source, body: Act): void {
  for (const effect of row.effects ?? []) {
    switch (effect) {
      case 'count_correction':
        state.corrections += 1;
        break;
      case 'count_extension':
        state.extensions += 1;
        break;
      case 'keep_missing':
        state.missing = defectsOf(body);
        break;
      case 'clear_missing':
        state.missing = [];
        break;
      case 'open_deferral':
        state.deferred = [...new Set(body.deferred)].sort();
        break;
      case 'close_deferral': {
        const here = new Set(body.materials.filter(({ status }) => status === 'provided' || status === 'exempt').map(({ id }) => id));
        state.deferred = state.deferred.filter((id) => !here.has(id));
        break;
      }
      case 'keep_reviewer':
        state.reviewer = source.head.actor;
        break;
      case 'move_point':
        state.point = body.point;
        break;
    }
  }
}
