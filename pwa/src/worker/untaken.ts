// What this device wrote under former numbers and the hub has not taken, by the rows alone: no keys are needed.

import type { FormerRow, LogRow } from '../store/port';
import type { Core } from './core';

/** What another number, another person, a newer grant or a clock set right may mend. Without its opening nobody is entitled in a case. */
const MENDABLE = new Set(['receipt-invalid', 'not-entitled', 'grant-expired', 'clock-back']);

type Place = Pick<FormerRow, 'device' | 'seq'>;
const placeOf = ({ device, seq }: Place): string => `${String(device)}:${String(seq)}`;

/** An open row; `code`: why the hub refused it, the last time that it was sent, or what was said of it as it came. */
export interface Open {
  row: FormerRow;
  code: string;
}

/** What of the former logs is not in the ledger, nor on its way there, written anew into `log`, the present one. */
export async function openRows(core: Core, log: readonly LogRow[]): Promise<Open[]> {
  const rows = (await core.store.former()).filter(({ stream, actor }) => stream !== '' && actor !== '');
  const former = new Map(rows.map((row) => [placeOf(row), row]));
  const at = (place: Place): LogRow | undefined => (place.device === core.device?.number ? log[place.seq - 1] : former.get(placeOf(place)));
  return rows.flatMap((row) => {
    const code = openAs(row, row.renewedAs === undefined ? undefined : at(row.renewedAs));
    return code === null ? [] : [{ row, code }];
  });
}

/** Not in the ledger, or refused for the device alone; what was refused for another reason would be so again. Null: not open. */
function openAs({ state, acked, code, renewedMs }: FormerRow, renewed: LogRow | undefined): string | null {
  if (renewedMs > 0) return renewed?.state === 'refused' && MENDABLE.has(renewed.code) ? renewed.code : null;
  const untaken = state === 'refused' ? code === 'device-revoked' : !(state === 'accepted' && acked);
  return untaken ? code : null;
}
