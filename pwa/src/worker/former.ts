// What this device wrote under a former number and the hub did not take: kept readable, and written anew on demand.
//
// An event of a former log is never sent again, since its log is another device's. What it says is written into the
// present log, into the same case and under the receipt number that was printed (docs/protocol.md, section 9).

import { actionsFor, mayEdit } from '../cases/actions';
import type { FormerRow, Store } from '../store/port';
import { fromHex, type Bytes } from '../sync/bytes';
import { decodeHead, findBody, type Typed } from '../sync/event';
import type { FormerCase, Result } from './api';
import { LOCKED, REVOKED, type Core, type Unlocked } from './core';
import { appendWork } from './grants';
import { mayReceive } from './intake';
import { logPlace } from './logged';
import { itemOf } from './reference';
import { unseal } from './vault';

const DONE = { ok: true, value: null } as const;

/** Not in the ledger, or refused for the device alone; what was refused for another reason would be so again. */
function isOpen({ actor, state, acked, code, renewedMs, stream }: FormerRow): boolean {
  const untaken = state === 'refused' ? code === 'device-revoked' : !(state === 'accepted' && acked);
  return renewedMs === 0 && untaken && stream !== '' && actor !== '';
}

/** What of the former logs is not in the ledger and was not written anew. */
export async function openRows(store: Store): Promise<FormerRow[]> {
  return (await store.former()).filter(isOpen);
}

/** How many cases wait to be taken in again. */
export async function openFormer(store: Store): Promise<number> {
  return new Set((await openRows(store)).map(({ stream }) => stream)).size;
}

interface Read {
  row: FormerRow;
  actor: Bytes;
  typed: Typed | null;
}

async function read({ vault }: Unlocked, row: FormerRow): Promise<Read> {
  const head = decodeHead(await unseal(vault.tablet, logPlace(row.seq), row.sealed));
  return { row, actor: head.actor, typed: findBody(head) };
}

/** The cases of former logs that the hub did not take, oldest first. */
export async function formerCases(core: Core, unlocked: Unlocked): Promise<FormerCase[]> {
  const { replica } = unlocked.tablet;
  const names = core.names(unlocked);
  const cases = new Map<string, FormerCase>();
  for (const row of await openRows(core.store)) {
    const { actor, typed } = await read(unlocked, row);
    const known = cases.get(row.stream) ?? blank(unlocked, row.stream);
    if (typed !== null && 'receipt_no' in typed.body) {
      known.itemName = itemOf(replica, typed.body.item.id)?.name ?? typed.body.item.id;
      known.applicantName = typed.body.applicant.name;
      known.receiptNo = typed.body.receipt_no;
    }
    known.steps.push({ type: typed?.type ?? '', author: names.author(actor, row.device), savedMs: row.savedMs, code: row.code });
    cases.set(row.stream, known);
  }
  return [...cases.values()];
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
    steps: [],
  };
}

/** Writes the open steps of a case anew, in their order; the first that may not be written now ends it, with its code. */
export async function renewCase(core: Core, caseId: string, wrote: () => void): Promise<Result<null>> {
  const { unlocked } = core;
  if (unlocked === null) return LOCKED;
  if (core.revoked) return REVOKED;
  let outcome: Result<null> = { ok: false, code: 'not-found' };
  for (const row of (await openRows(core.store)).filter(({ stream }) => stream === caseId)) {
    const { typed } = await read(unlocked, row);
    const refusal = typed === null ? 'unknown-type' : refusalOf(core, unlocked, caseId, typed);
    outcome = refusal === null && typed !== null ? await write(core, unlocked, row, typed) : { ok: false, code: refusal ?? 'unknown-type' };
    if (!outcome.ok) break;
  }
  wrote();
  core.stored([{ kind: 'cases', ids: [caseId] }, { kind: 'status' }]);
  return outcome;
}

/** Why the person cannot do this now; null: nothing stands in the way. */
function refusalOf(core: Core, unlocked: Unlocked, caseId: string, { type }: Typed): string | null {
  const person = core.person(unlocked);
  const kept = unlocked.tablet.replica.cases.get(caseId);
  if (type === 'case.receive') return mayReceive(person) ? null : 'not-entitled';
  if (kept === undefined) return 'stream-missing';
  if (type === 'case.edit') return mayEdit(kept.view, person) ? null : 'state';
  const action = actionsFor(kept.view, person).find((one) => one.type === type);
  return action === undefined ? 'state' : action.blocked;
}

async function write(core: Core, unlocked: Unlocked, { device, seq, stream }: FormerRow, typed: Typed): Promise<Result<null>> {
  const renews = { device, seq, atMs: await core.now() };
  const authored = { type: typed.type, stream: fromHex(stream), body: typed.body };
  // Asked again while the log is held: another tab may have written it anew meanwhile, and then it is done.
  const isStillOpen = async (): Promise<boolean> => (await openRows(core.store)).some((row) => row.device === device && row.seq === seq);
  const making = { authored, counter: null, draftDone: null, renews };
  const written = core.resultOf(await appendWork(core.store, unlocked, async () => ((await isStillOpen()) ? making : null)));
  return written.ok || written.code === 'not-found' ? DONE : written;
}
