// What a person may do in a case now: by the roles held, the state, the item's acceptance mode, and the guards.
//
// The hub judges again by the same table (sync/ledger.py, may_act); this is so that nobody is offered what it will refuse.

import { guardVoid, type CaseState } from '../sync/fold';
import { findRow, LIFECYCLE, mayEditIn, type RowRole } from '../sync/lifecycle';
import type { ActionView, NextStep, RoleView } from './types';

/** Who asks: the account's stream (bytes and hex), its roles, and the point of the device. */
export interface Person {
  id: string;
  actor: Uint8Array;
  roles: readonly RoleView[];
  devicePoint: string;
}

/** The acts that the person may do in this state, in the table's order. */
export function actionsFor(state: CaseState, person: Person): ActionView[] {
  const types = new Set(LIFECYCLE.transitions.map(({ type }) => type));
  return [...types].flatMap((type) => {
    // A case is received from a draft, not acted upon.
    const row = type === 'case.receive' ? undefined : findRow(type, state.state);
    if (row === undefined || !mayBy(row.roles, state, person)) return [];
    const codes = (row.guards ?? []).map((guard) => guardVoid(guard, state, person.actor));
    const blocked = codes.find((code) => code !== null) ?? null;
    return [{ type, zh: row.zh, needs: [...(row.needs ?? [])], blocked }];
  });
}

/** The acts that may follow in this state, whoever may do them, in the table's order. */
export function nextSteps(state: CaseState): NextStep[] {
  const types = new Set(LIFECYCLE.transitions.map(({ type }) => type));
  return [...types].flatMap((type) => {
    const row = findRow(type, state.state);
    const roles = (row?.roles ?? []).filter((asked) => asked.scope !== 'hub' && isInMode(asked, state)).map(({ role }) => role);
    return row === undefined || roles.length === 0 ? [] : [{ type, zh: row.zh, roles }];
  });
}

export function mayEdit(state: CaseState, person: Person): boolean {
  return mayEditIn(state.state) && mayBy(LIFECYCLE.edits.roles, state, person);
}

const FETCHERS = new Set(LIFECYCLE.transitions.flatMap(({ roles }) => roles.filter(({ scope }) => scope === 'any').map(({ role }) => role)));

/** Whether one of these roles acts in cases of any point, and so may fetch one that is not at this device's. */
export function mayFetch({ roles, devicePoint }: Person): boolean {
  return roles.some(({ role, point }) => (FETCHERS as ReadonlySet<string>).has(role) && (point === '' || point === devicePoint));
}

function mayBy(asked: readonly RowRole[], state: CaseState, person: Person): boolean {
  // A role held at a point counts only on a device of that point.
  const held = person.roles.filter(({ point }) => point === '' || point === person.devicePoint);
  return held.some((role) => asked.some((wanted) => allows(wanted, role, state, person.id)));
}

function allows(asked: RowRole, held: RoleView, state: CaseState, accountId: string): boolean {
  if (held.role !== asked.role || !isInMode(asked, state)) return false;
  switch (asked.scope) {
    case 'point':
      return held.point === '' || held.point === state.point;
    case 'dept':
      return held.dept === '' || held.dept === state.dept;
    case 'person':
      return state.person === accountId;
    case 'any':
      return true;
    case 'hub':
      return false;
  }
}

function isInMode({ modes: { only, except } }: RowRole, { item }: CaseState): boolean {
  return item !== null && !except.includes(item.mode) && (only === null || only.includes(item.mode));
}
