// When two values of a case are one value.

import { equalBytes } from './bytes';

type Nested = string | Uint8Array | readonly Nested[];

/** Whether two values that a case may hold are the same: text, bytes, or arrays of these. */
export function sameValue(a: Nested, b: Nested): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    return a instanceof Uint8Array && b instanceof Uint8Array && equalBytes(a, b);
  }
  return a.length === b.length && a.every((item, i) => sameValue(item, b[i] as Nested));
}
