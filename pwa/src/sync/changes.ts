// What each step of a case set, for its history. No part of the state, which every replica must say alike: who boots from
// what others folded does not have it.

import { toHex } from './bytes';
import { findBody, type Typed } from './event';
import { apply, type CaseState, type Holder, type HolderValue, type Source } from './fold';
import { sameValue } from './same';

/** One key of `values`: what it held before (nothing: it was not there), and what it was set to; null: its photographs came. */
export interface Change {
  key: string;
  before: readonly Holder[];
  after: HolderValue | null;
}

/** As `apply`; what the event set, if it had an effect. What a case began with is no change. */
export function applyChange(state: CaseState, source: Source): Change[] {
  const found = findBody(source.head);
  const set = found === null ? [] : valuesOf(state, found);
  const changes = set.map(([key, after]): Change => ({ key, before: state.values[key] ?? [], after }));
  if (apply(state, source, found) !== null) return [];
  return changes.filter(({ before, after }) => after === null || before.length !== 1 || !before.every(([value]) => sameValue(value, after)));
}

function valuesOf(state: CaseState, { type, body }: Typed): [string, HolderValue | null][] {
  if (type === 'case.attachment') return materialsWith(state, toHex(body.sha256)).map((key) => [key, null]);
  if (!('fields' in body) || 'applicant' in body) return [];
  const fields = Object.entries(body.fields).map(([id, value]): [string, HolderValue] => [`f:${id}`, value]);
  const materials = body.materials.map(({ id, status, note, photos }): [string, HolderValue] => [`m:${id}`, [status, note, photos.map(({ sha256 }) => sha256)]]);
  return [...fields, ...materials];
}

function materialsWith(state: CaseState, sha256: string): string[] {
  return Object.keys(state.values).filter((key) => {
    return (state.values[key] ?? []).some(([[, , photos]]) => Array.isArray(photos) && photos.some((photo) => toHex(photo) === sha256));
  });
}
