// The lifecycle of a case: the rows of the one table sync/lifecycle.json by type and state. Twin of sync/lifecycle.py.

import { LIFECYCLE, type Row } from './generated/lifecycle';

export { LIFECYCLE };
export type { Effect, Guard, Need, Row, RowRole, Scope, State } from './generated/lifecycle';

export const DRAFT = 'draft';

const rowByTypeAndState = new Map<string, Row>();
for (const row of LIFECYCLE.transitions) {
  for (const state of row.from) {
    const at = `${row.type} ${state}`;
    if (!rowByTypeAndState.has(at)) rowByTypeAndState.set(at, row);
  }
}

/** The row for this act in this state; nothing: the act has no effect there. */
export function findRow(type: string, state: string): Row | undefined {
  return rowByTypeAndState.get(`${type} ${state}`);
}

/** Whether an edit has an effect in this state. */
export function mayEditIn(state: string): boolean {
  return (LIFECYCLE.edits.from as readonly string[]).includes(state);
}

/** Whether nothing can follow this state. */
export function isTerminal(state: string): boolean {
  return Object.hasOwn(LIFECYCLE.states, state) && LIFECYCLE.states[state as keyof typeof LIFECYCLE.states].terminal;
}
