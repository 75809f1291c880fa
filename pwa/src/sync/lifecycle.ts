// The lifecycle of a case, read from the one table sync/lifecycle.json. Twin of sync/lifecycle.py.

import table from '../../../sync/lifecycle.json';

export type Scope = 'point' | 'dept' | 'any' | 'person' | 'hub';

export type Guard =
  | 'correction_once'
  | 'extension_once'
  | 'licence_only'
  | 'instant_only'
  | 'not_own_review'
  | 'no_deferral_open'
  | 'deferral_open';

export type Effect =
  | 'count_correction'
  | 'count_extension'
  | 'keep_missing'
  | 'clear_missing'
  | 'open_deferral'
  | 'close_deferral'
  | 'keep_reviewer';

export type Need = 'opinion' | 'reason' | 'ground' | 'missing' | 'deferred' | 'manner' | 'recipient';

/** Who may, and where the role must be held; modes narrow by the item's acceptance mode. */
export interface RowRole {
  role: string;
  scope: Scope;
  modes?: { only?: string[]; except?: string[] };
}

/** One act in some states: who may, what it must carry, what must hold, what it does. */
export interface Row {
  type: string;
  zh: string;
  from: string[];
  to: string;
  roles: RowRole[];
  guards?: Guard[];
  needs?: Need[];
  effects?: Effect[];
}

export interface StateInfo {
  zh: string;
  en: string;
  terminal: boolean;
  clock: string;
}

export interface Lifecycle {
  states: Record<string, StateInfo>;
  transitions: Row[];
  edits: { type: string; zh: string; from: string[]; roles: RowRole[] };
  hub: string[];
}

// The table's own words are narrower than what an imported JSON file is taken for; sync/lifecycle.py asserts them.
export const LIFECYCLE = table as unknown as Lifecycle;

export const DRAFT = 'draft';

const rowsByTypeAndState = new Map<string, Row>();
for (const row of LIFECYCLE.transitions) {
  for (const state of row.from) {
    const at = `${row.type} ${state}`;
    if (!rowsByTypeAndState.has(at)) rowsByTypeAndState.set(at, row);
  }
}

/** The row for this act in this state; nothing: the act has no effect there. */
export function findRow(type: string, state: string): Row | undefined {
  return rowsByTypeAndState.get(`${type} ${state}`);
}

/** Whether an edit has an effect in this state. */
export function mayEditIn(state: string): boolean {
  return LIFECYCLE.edits.from.includes(state);
}

/** What a state is called; an unknown one by its own name. */
export function stateInfo(state: string): StateInfo {
  return LIFECYCLE.states[state] ?? { zh: state, en: state, terminal: false, clock: 'none' };
}
