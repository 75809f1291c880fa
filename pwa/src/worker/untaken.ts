// What this device wrote and the hub has not taken, and may take if it is written anew, by the rows alone: no keys are needed.
//
// Of former logs that is all that is not in the ledger. Of the present one it is what was refused for its author's right
// alone: somebody who has the right may write it anew. All else of it is on its way, or would be refused again.

import { asFormer, type FormerRow, type LogRow, type Place } from '../store/port';
import type { Core } from './core';

/** What another person or a newer grant may mend. Without its opening nobody is entitled in a case. */
const OF_RIGHT = new Set(['not-entitled', 'grant-expired']);
/** The same, or another number, or a clock set right. */
const MENDABLE = new Set(['receipt-invalid', 'clock-back', ...OF_RIGHT]);

const placeOf = ({ device, seq }: Place): string => `${String(device)}:${String(seq)}`;

/** An open row; `code`: why the hub refused it, the last time that it was sent, or what was said of it as it came. */
export interface Open {
  row: FormerRow;
  code: string;
}

/** What of the former logs is not in the ledger, nor on its way there, written anew into `log`, the present one. */
export async function openFormerRows(core: Core, log: readonly LogRow[]): Promise<Open[]> {
  return (await openRows(core, log)).filter(({ row }) => row.device !== core.device?.number);
}

/** The same, and what of the present log may be written anew. */
export async function openRows(core: Core, log: readonly LogRow[]): Promise<Open[]> {
  const number = core.device?.number ?? 0;
  const present = log.some(({ state }) => state === 'refused') ? asFormer(log, number) : [];
  const rows = [...(await core.store.former()), ...present].filter(({ stream, actor }) => stream !== '' && actor !== '');
  const former = new Map(rows.map((row) => [placeOf(row), row]));
  const at = (place: Place): LogRow | undefined => (place.device === number ? log[place.seq - 1] : former.get(placeOf(place)));
  // What was written anew and refused is open in the place where it was written first, and there alone. Earlier versions
  // did not say of a row that it writes another anew.
  const renewals = new Set(rows.flatMap(({ renewedAs }) => (renewedAs === undefined ? [] : [placeOf(renewedAs)])));
  return rows.flatMap((row) => {
    const renewed = row.renewedAs === undefined ? undefined : at(row.renewedAs);
    const code = openAs(row, renewed, { present: row.device === number, renewal: row.renews !== undefined || renewals.has(placeOf(row)) });
    return code === null ? [] : [{ row, code }];
  });
}

/** Not in the ledger, or refused for the device or the right alone; what was refused for another reason would be so again. Null: not open. */
function openAs({ state, acked, code, renewedMs }: FormerRow, renewed: LogRow | undefined, is: { present: boolean; renewal: boolean }): string | null {
  if (renewedMs > 0) return renewed?.state === 'refused' && MENDABLE.has(renewed.code) ? renewed.code : null;
  if (state === 'refused' && OF_RIGHT.has(code)) return is.renewal ? null : code;
  if (is.present) return null;
  const untaken = state === 'refused' ? code === 'device-revoked' : !(state === 'accepted' && acked);
  return untaken ? code : null;
}
