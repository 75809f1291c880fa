// A case in full: who holds which value, the history with both times, what is missing, and what may be done.

import { toHex } from '../sync/bytes';
import type { Holder as FoldHolder, HolderValue } from '../sync/fold';
import { HUB_DEVICE, type CaseReplica, type OwnEvent } from '../sync/replica';
import { unpack } from '../sync/clock';
import { findBody, wordsOf } from '../sync/event';
import { actionsFor, mayEdit, nextSteps } from './actions';
import { atHubMs, isAtPoint, isAway, isConfirmed, isSent, missingPhotos, summarise, textOf, type Surroundings } from './summary';
import type { CaseView, ChangeView, Defect, HistoryRow, Holder } from './types';
import { isVoid, openRefusals, openVoids, type Onlooker } from './vain';

/** Names beside what a list knows. */
export interface Names {
  /** The person's name; the device's where no person wrote. */
  author(actor: Uint8Array, device: number): string;
}

const CORRECTION = 'case.request_correction';
const NOTHING_SAID = { ground: '', opinion: '', reason: '', missing: [], until: '', recipient: '', manner: '' };

function defectsOf(missing: readonly (readonly [kind: string, id: string, note: string])[]): Defect[] {
  return missing.map(([kind, id, note]) => ({ kind: kind === 'field' ? 'field' : 'material', id, note }));
}

export function viewCase(kept: CaseReplica, around: Surroundings, names: Names): CaseView {
  const { view } = kept;
  const summary = summarise(kept, around);
  const history = historyOf(kept, around, names);
  const closed = kept.stillborn || isAway(kept, around);
  const holders = (prefix: string): Record<string, Holder[]> => {
    const keys = Object.keys(view.values).filter((key) => key.startsWith(prefix)).sort();
    return Object.fromEntries(
      keys.map((key) => [key.slice(prefix.length), (view.values[key] ?? []).map((holder) => holderOf(kept, key, holder, names))]),
    );
  };
  return {
    ...summary,
    applicantPhone: textOf(view, 'a:phone'),
    fields: holders('f:'),
    materials: holders('m:'),
    missing: defectsOf(view.missing),
    missingUntil: view.missing.length === 0 ? '' : (history.filter(({ type, effect }) => type === CORRECTION && effect === 'applied').at(-1)?.until ?? ''),
    deferred: view.deferred,
    photos: Object.fromEntries(
      Object.entries(view.attachments).map(([sha256, [size, mime, stored]]) => {
        return [sha256, { size, mime, stored: stored || isSent(sha256, around), here: around.sentMsByPhoto.has(sha256) }];
      }),
    ),
    history,
    actions: closed ? [] : actionsFor(view, around.person),
    next: closed ? [] : nextSteps(view),
    mayEdit: !closed && mayEdit(view, around.person),
    renewal: null,
    ticks: ticksOf(kept, around),
  };
}

/** The history in the hub's order, as folded; what the hub refused stands at its own time. */
export function historyOf(kept: CaseReplica, around: Onlooker, names: Names): HistoryRow[] {
  const refusals = new Set(openRefusals(kept, around).map(({ source }) => source.seq));
  const voids = new Set(openVoids(kept, around).map((row) => row[2]));
  const saidBy = new Map(kept.view.particulars.map((one) => [`${String(one[0])} ${String(one[1])}`, one]));
  const folded = kept.view.history.map((one): HistoryRow => {
    const [, device, seq, type, actor, deviceMs, hubMs, effect, code, from, to, text] = one;
    const own = kept.own.get(seq);
    const mine = own?.source.device === device ? own : undefined;
    const [, , missing = [], until = '', recipient = '', manner = ''] = saidBy.get(`${String(device)} ${String(seq)}`) ?? [];
    const said = { text, missing: defectsOf(missing), until, recipient, manner };
    const isVain = isVoid(kept, one);
    const row = { type, seq, author: device === HUB_DEVICE && actor.length === 0 ? '' : names.author(actor, device), device, deviceMs, hubMs: hubMs || (mine?.hubMs ?? 0), from, to, ...said, changes: changesOf(kept, device, seq) };
    if (mine?.state === 'refused') return { ...row, effect: 'refused', code: mine.code, open: refusals.has(seq) };
    if (effect === 'void' && !isVain) return { ...row, effect: 'applied', code: '', open: false };
    return { ...row, effect, code, open: isVain && (device !== around.device || voids.has(seq)) };
  });
  const shown = new Set(kept.view.history.filter((row) => kept.own.get(row[2])?.source.device === row[1]).map((row) => row[2]));
  const refused = [...kept.own.values()].filter(({ state, source }) => state === 'refused' && !shown.has(source.seq));
  return refused.map((own) => refusedRow(own, refusals.has(own.source.seq), names)).reduce(withRow, folded);
}

function withRow(rows: readonly HistoryRow[], row: HistoryRow): HistoryRow[] {
  const later = rows.findIndex((one) => one.deviceMs > row.deviceMs);
  return later < 0 ? [...rows, row] : [...rows.slice(0, later), row, ...rows.slice(later)];
}

function refusedRow({ source, code, hubMs }: OwnEvent, open: boolean, names: Names): HistoryRow {
  const { head, device, seq } = source;
  const typed = findBody(head);
  const body = typed !== null && 'opinion' in typed.body ? typed.body : NOTHING_SAID;
  const { missing, until, recipient, manner } = body;
  const said = { text: wordsOf(body), missing, until, recipient, manner } as Pick<HistoryRow, 'text' | 'missing' | 'until' | 'recipient' | 'manner'>;
  const author = names.author(head.actor, device);
  return { type: head.type, seq, open, author, device, deviceMs: unpack(head.hlc).ms, hubMs, effect: 'refused', code, from: '', to: '', ...said, changes: [] };
}

function changesOf(kept: CaseReplica, device: number, seq: number): ChangeView[] {
  return kept.changesOf(device, seq).map(({ key, before, after }) => {
    const [kind, id] = [key.startsWith('m:') ? 'material' : 'field', key.slice(2)] as const;
    const shown = (value: HolderValue): unknown => (kind === 'material' ? materialOf(kept, id, value) : value);
    return { kind, id, before: before.map(([value]) => shown(value)), after: after === null ? null : shown(after) };
  });
}

function holderOf(kept: CaseReplica, key: string, [value, , device, seq]: FoldHolder, names: Names): Holder {
  const row = kept.view.history.find((one) => one[1] === device && one[2] === seq);
  const shown = key.startsWith('m:') ? materialOf(kept, key.slice(2), value) : value;
  return { value: shown, author: names.author(row?.[4] ?? new Uint8Array(0), device), ms: row?.[5] ?? 0 };
}

function materialOf(kept: CaseReplica, id: string, value: HolderValue): unknown {
  const [status, note, photos] = value;
  if (!Array.isArray(photos)) return value;
  const lines = photos.map((photo) => {
    const sha256 = toHex(photo as Uint8Array);
    const [size, mime] = kept.view.attachments[sha256] ?? [0, ''];
    return { sha256, size, mime };
  });
  return { id, status, note, photos: lines };
}

function ticksOf(kept: CaseReplica, around: Surroundings): CaseView['ticks'] {
  const own = [...kept.own.values()];
  const savedMs = own.length > 0 ? Math.max(...own.map((event) => event.savedMs)) : kept.firstMs;
  const missing = missingPhotos(kept.view, around);
  if (!isConfirmed(kept, missing.length)) {
    // When the relay had it is not kept: the step is shown without a time.
    return isAtPoint(kept, around.pointSeq) ? [{ tick: 1, ms: savedMs }, { tick: 2, ms: 0 }] : [{ tick: 1, ms: savedMs }];
  }
  return [
    { tick: 1, ms: savedMs },
    { tick: 3, ms: atHubMs(kept, around) },
  ];
}
