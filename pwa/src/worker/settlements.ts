// What the hub said of own events, as the log keeps it.

import type { LogRow, Settlement } from '../store/port';
import type { Settled } from '../sync/outbox';

export function settlementOnly({ seq, state, code, position, hubMs, acked }: LogRow): Settlement {
  return { seq, state, code, position, hubMs, acked };
}

/** Whether the hub has said something new of the row. */
export function differs(a: LogRow, b: LogRow | undefined): boolean {
  return b === undefined || a.state !== b.state || a.acked !== b.acked || a.code !== b.code;
}

export function settlementOf(said: Settled): Pick<Settlement, 'state' | 'code' | 'position' | 'hubMs'> {
  switch (said.kind) {
    case 'accepted':
      return { state: 'accepted', code: '', position: said.position, hubMs: said.hubMs };
    case 'refused':
      return { state: 'refused', code: said.code, position: said.position, hubMs: said.hubMs };
    case 'parked':
      return { state: 'parked', code: said.code, position: 0, hubMs: 0 };
  }
}
