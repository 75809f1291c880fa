// What this device wrote and the hub did not take, under a former number or for its author's right alone: kept readable,
// and written anew on demand.
//
// An event of a former log is never sent again, since its log is another device's, and what was refused stays so. What it says is written into the
// present log, into the same case and under the receipt number that was printed (docs/protocol.md, section 9).

import { actionsFor, mayEdit } from '../cases/actions';
import { isDone } from '../cases/vain';
import type { FormerRow } from '../store/port';
import { fromHex } from '../sync/bytes';
import { unpack } from '../sync/clock';
import { decodeHead, findBody, type EventHead, type Typed } from '../sync/event';
import { makeReceiptNumber } from '../sync/number';
import type { HistoryRow } from '../sync/fold';
import { HUB_DEVICE, type CaseReplica, type Replica } from '../sync/replica';
import type { FormerCase, Result } from './api';
import { readingOf } from './caughtUp';
import { LOCKED, REVOKED, type Core, type Unlocked } from './core';
import { appendWork } from './grants';
import { dayOf, mayReceive } from './intake';
import { logPlace, type Authored, type Making } from './logged';
import { itemOf } from './reference';
import { openFormerRows, openRows, type Open } from './untaken';
import { unseal, type Vault } from './vault';

const DONE = { ok: true, value: null } as const;

/** The cases that wait to be taken in again; `read`: the hub may have no more of them, as far as it has said. */
export async function openFormer(core: Core): Promise<{ cases: ReadonlySet<string>; read: boolean }> {
  const { unlocked } = core;
  // While nobody is at work what was sent again counts as sent: the log is not read for that.
  const open = unlocked === null ? await openFormerRows(core, []) : await openReads(core, unlocked, openFormerRows);
  return { cases: new Set(open.map(({ row }) => row.stream)), read: unlocked !== null && readingOf(core, unlocked).whole };
}

/** The answer to who asks before that can be known; null: it can. */
function unread(core: Core, unlocked: Unlocked): Result<never> | null {
  const { read, all, whole } = readingOf(core, unlocked);
  return whole ? null : { ok: false, code: 'former-unread', params: { read, all } };
}

/** `head` null: what is kept there cannot be opened; `typed` null besides: this version does not know it. */
interface Read extends Open {
  head: EventHead | null;
  typed: Typed | null;
}

// What was read once, as long as these keys are held: rows of former logs keep their bytes.
const read = new WeakMap<Vault, Map<string, Promise<EventHead | null>>>();

function headOf(vault: Vault, { device, seq, sealed }: FormerRow): Promise<EventHead | null> {
  const heads = read.get(vault) ?? new Map<string, Promise<EventHead | null>>();
  read.set(vault, heads);
  const place = `${String(device)}:${String(seq)}`;
  // Whatever is wrong with one, it is said of that one, in its place in the list.
  const head = heads.get(place) ?? unseal(vault.tablet, logPlace(seq), sealed).then(decodeHead).catch(() => null);
  heads.set(place, head);
  return head;
}

/** The open rows, read; without those that the hub has taken since, from a copy of this profile or out of a rescue file. */
async function openReads(core: Core, { vault, tablet }: Unlocked, rowsOf: typeof openRows): Promise<Read[]> {
  const reads: Read[] = [];
  for (const { row, code } of await rowsOf(core, tablet.rows)) {
    const head = await headOf(vault, row);
    const kept = tablet.replica.cases.get(row.stream);
    if (head === null) reads.push({ row, code, head, typed: null });
    else if (!isInLedger(kept, row, head) && !isSettled(kept, row, head)) reads.push({ row, code, head, typed: findBody(head) });
  }
  return reads;
}

/** The hub refused a single step of a case that it has, and it has been done since: nobody is asked to do it twice. */
function isSettled(kept: CaseReplica | undefined, { state, code, position }: FormerRow, { type }: EventHead): boolean {
  return kept !== undefined && kept.position > 0 && state === 'refused' && code !== 'device-revoked' && isDone(kept, type, position);
}

/** Whether own steps of this case were refused for the right alone: '' when this person may write them anew, else why not; null: none. */
export async function renewalOf(core: Core, unlocked: Unlocked, caseId: string): Promise<string | null> {
  const isHere = ({ row }: Open): boolean => row.stream === caseId && row.device === core.device?.number;
  const [first] = await openReads(core, unlocked, async (...asked) => (await openRows(...asked)).filter(isHere));
  return first === undefined ? null : (codeAgainst(core, unlocked, first) ?? '');
}

/** A fork has two events in one place of the log, so that the place alone says nothing. */
function isInLedger(kept: CaseReplica | undefined, { device, seq }: FormerRow, { type, hlc }: EventHead): boolean {
  const { ms } = unpack(hlc);
  return kept?.view.history.some((row) => row[0] > 0 && row[1] === device && row[2] === seq && row[3] === type && row[5] === ms) ?? false;
}

/** The cases of former logs that the hub did not take, oldest first; `former-unread`: what it has is not here yet. */
export async function formerCases(core: Core): Promise<Result<FormerCase[]>> {
  const { unlocked } = core;
  if (unlocked === null) return LOCKED;
  const { replica } = unlocked.tablet;
  const names = core.names(unlocked);
  const cases = new Map<string, FormerCase>();
  const reads = await openReads(core, unlocked, openFormerRows);
  const waits = reads.length === 0 ? null : unread(core, unlocked);
  if (waits !== null) return waits;
  for (const { row, code, typed } of reads) {
    const known = cases.get(row.stream) ?? blank(unlocked, row.stream);
    if (typed !== null && 'receipt_no' in typed.body) {
      known.itemName = itemOf(replica, typed.body.item.id)?.name ?? typed.body.item.id;
      known.applicantName = typed.body.applicant.name;
      known.receiptNo = typed.body.receipt_no;
      known.renumbered = code === 'receipt-invalid' || isGiven(replica, row.stream, known.receiptNo);
    }
    known.steps.push({ type: typed?.type ?? '', author: names.author(fromHex(row.actor), row.device), savedMs: row.savedMs, code });
    cases.set(row.stream, known);
  }
  return { ok: true, value: [...cases.values()] };
}

/** Of a case that the hub has, but not these steps of it. */
function blank({ tablet }: Unlocked, caseId: string): FormerCase {
  const view = tablet.replica.cases.get(caseId)?.view;
  const name = view?.values['a:name']?.[0]?.[0];
  const item = view?.item?.id ?? '';
  return {
    caseId,
    itemName: itemOf(tablet.replica, item)?.name ?? item,
    applicantName: typeof name === 'string' ? name : '',
    receiptNo: view?.receipt_no ?? '',
    renumbered: false,
    steps: [],
  };
}

/** Writes the open steps of a case anew, in their order; the first that may not be written now ends it, with its code. */
export async function renewCase(core: Core, caseId: string, wrote: () => void): Promise<Result<null>> {
  const { unlocked } = core;
  if (unlocked === null) return LOCKED;
  if (core.revoked) return REVOKED;
  // Another tab may have heard more from the hub, or have dropped a feed.
  await core.catchUp();
  const reads = (await openReads(core, unlocked, openRows)).filter(({ row: { stream } }) => stream === caseId);
  // What the hub has said of the present log holds, whatever else it has.
  const waits = reads.length > 0 && reads.every(({ row }) => row.device === core.device?.number) ? null : unread(core, unlocked);
  if (waits !== null) return waits;
  let outcome: Result<null> = { ok: false, code: 'not-found' };
  for (const one of reads) {
    const code = codeAgainst(core, unlocked, one);
    outcome = code === null && one.typed !== null ? await write(core, unlocked, one, one.typed) : { ok: false, code: code ?? 'unknown-type' };
    if (!outcome.ok) break;
  }
  wrote();
  core.stored([{ kind: 'cases', ids: [caseId] }, { kind: 'status' }]);
  return outcome;
}

/** Why this cannot be written anew now; null: nothing stands in the way. */
function codeAgainst(core: Core, unlocked: Unlocked, { row, head, typed }: Read): string | null {
  if (typed === null) return head === null ? 'former-unreadable' : 'unknown-type';
  return refusalOf(core, unlocked, row.stream, typed);
}

/** Why the person cannot do this now; null: nothing stands in the way. */
function refusalOf(core: Core, unlocked: Unlocked, caseId: string, { type, body }: Typed): string | null {
  const person = core.person(unlocked);
  const kept = unlocked.tablet.replica.cases.get(caseId);
  if (type === 'case.receive') {
    if (!mayReceive(person)) return 'not-entitled';
    // The hub may have it, in feeds that do not come to this person here.
    return (kept?.position ?? 0) > 0 || unlocked.user.feeds.includes(`point:${body.point}`) ? null : 'former-unseen';
  }
  if (kept === undefined) return 'former-unseen';
  if (type === 'case.edit') return mayEdit(kept.view, person) ? null : 'state';
  const action = actionsFor(kept.view, person).find((one) => one.type === type);
  return action === undefined ? 'state' : action.blocked;
}

async function write(core: Core, unlocked: Unlocked, { row: { device, seq, stream }, code, head }: Read, typed: Typed): Promise<Result<null>> {
  const { tablet } = unlocked;
  const atMs = await core.now();
  const stands = (): Authored => ({ type: typed.type, stream: fromHex(stream), body: typed.body, on: basisOf(tablet.replica.cases.get(stream), head, [device, core.device?.number ?? 0]) });
  // Asked again while the log is held: another tab may have written it anew meanwhile, and then it is done.
  const isStillOpen = async (): Promise<boolean> => (await openRows(core, tablet.rows)).some(({ row }) => row.device === device && row.seq === seq);
  const make = async (): Promise<Making | null> => {
    if (!(await isStillOpen())) return null;
    const isTaken = 'receipt_no' in typed.body && (code === 'receipt-invalid' || isGiven(tablet.replica, stream, typed.body.receipt_no));
    const { authored, counter } = isTaken ? await renumber(core, stands()) : { authored: stands(), counter: null };
    const as = { device: core.device?.number ?? 0, seq: tablet.lastSeq + 1 };
    return { authored, counter, draftDone: null, renews: { device, seq, atMs, as } };
  };
  const written = core.resultOf(await appendWork(core.store, unlocked, make));
  return written.ok || written.code === 'not-found' ? DONE : written;
}

/**
 * What its author had seen, where others have written since: their words stay beside these, and a person chooses. Otherwise
 * all that is here. `own`: the numbers under which this profile wrote.
 */
function basisOf(kept: CaseReplica | undefined, head: EventHead | null, own: readonly number[]): Authored['on'] {
  if (kept === undefined || head === null) return undefined;
  const placed = kept.view.history.filter((row) => row[0] > 0);
  const sawIt = (row: HistoryRow): boolean => row[0] <= head.base || head.seen.some(([device, seq]) => device === row[1] && seq === row[2]);
  const others = placed.some((row) => row[1] !== HUB_DEVICE && !own.includes(row[1]) && !sawIt(row));
  return others ? { base: head.base, seen: head.seen.filter(([device, seq]) => placed.some((row) => device === row[1] && seq === row[2])) } : undefined;
}

/** Whether another case has this receipt number: where a profile was copied, both copies gave the same ones. */
function isGiven({ cases }: Replica, stream: string, receiptNo: string): boolean {
  for (const { id, view } of cases.values()) if (id !== stream && view.receipt_no === receiptNo) return true;
  return false;
}

/** The same under a receipt number of this device: the old one stands for another case. */
async function renumber(core: Core, authored: Authored): Promise<Pick<Making, 'authored' | 'counter'>> {
  if (core.device === null) throw new Error('nothing is written without a device');
  const { number, point } = core.device;
  const day = dayOf(await core.now());
  const value = (await core.store.counter(day)) + 1;
  const receiptNo = makeReceiptNumber(point.id, number, day, value);
  return { authored: { ...authored, body: { ...authored.body, receipt_no: receiptNo } }, counter: { day, value } };
}
