// What the hub said of own events, as the log keeps it.

import type { LogRow, Settlement } from '../store/port';
import type { Run } from '../sync/messages';
import { settle, type Settled } from '../sync/outbox';

export function settlementOnly({ seq, state, code, position, hubMs, acked }: LogRow): Settlement {
  return { seq, state, code, position, hubMs, acked };
}

/** Whether the hub has said something new of the row. */
export function differs(a: LogRow, b: LogRow | undefined): boolean {
  return b === undefined || a.state !== b.state || a.acked !== b.acked || a.code !== b.code;
}

function settlementOf(said: Settled): Pick<Settlement, 'state' | 'code' | 'position' | 'hubMs'> {
  switch (said.kind) {
    case 'accepted':
      return { state: 'accepted', code: '', position: said.position, hubMs: said.hubMs };
    case 'refused':
      return { state: 'refused', code: said.code, position: said.position, hubMs: said.hubMs };
    case 'parked':
      return { state: 'parked', code: said.code, position: 0, hubMs: 0 };
  }
}

/** What changes when the hub's signature covers the log up to `ackedTo`, from `ackedSeq` before, and it has said `runs`. */
export function settlementsOf(log: readonly LogRow[], ackedSeq: number, ackedTo: number, runs: readonly Run[]): Settlement[] {
  const settled = new Map(runs.flatMap(settle));
  // A push concerns its own events and what it newly covers, never the whole log.
  const covered = log.slice(ackedSeq, Math.max(ackedTo, ackedSeq));
  const rows = new Set([...covered, ...Array.from(settled.keys(), (seq) => log[seq - 1]).filter((row) => row !== undefined)]);
  const changes: Settlement[] = [];
  for (const row of rows) {
    const said = settled.get(row.seq);
    const acked = row.acked || row.seq <= ackedTo;
    if (said === undefined && acked === row.acked) continue;
    const { state, code, position, hubMs } = said === undefined ? row : settlementOf(said);
    changes.push({ seq: row.seq, state, code, position, hubMs, acked });
  }
  return changes;
}
