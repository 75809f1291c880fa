// The hybrid logical clock: 48 bits of milliseconds, 16 of counter, kept as 8 big-endian bytes. Twin of sync/clock.py.
//
// Kulkarni et al., "Logical Physical Clocks" (OPODIS 2014). A pure value: the wall's reading is always an argument.

import { compareBytes, type Bytes } from './bytes';
import { CLOCK_AHEAD_MS_MAX } from './generated/limits';

export const ZERO: Bytes = new Uint8Array(8);

const COUNTER_MAX = 0xffff;
const LOW = 0x1_0000_0000;

export interface Reading {
  ms: number;
  counter: number;
}

/** `ms` since 1970 UTC and `counter` as one clock reading. */
export function pack(ms: number, counter: number): Bytes {
  if (!(ms >= 0 && ms < 2 ** 48 && counter >= 0 && counter <= COUNTER_MAX)) throw new RangeError('not a clock reading');
  const out = new Uint8Array(8);
  const view = new DataView(out.buffer);
  view.setUint16(0, Math.floor(ms / LOW));
  view.setUint32(2, ms % LOW);
  view.setUint16(6, counter);
  return out;
}

export function unpack(hlc: Uint8Array): Reading {
  const view = new DataView(hlc.buffer, hlc.byteOffset, hlc.byteLength);
  return { ms: view.getUint16(0) * LOW + view.getUint32(2), counter: view.getUint16(6) };
}

/** The next reading for an event of one's own; never goes back. A full counter borrows a millisecond. */
export function tick(last: Uint8Array, wallMs: number): Bytes {
  const { ms, counter } = unpack(last);
  if (wallMs > ms) return pack(wallMs, 0);
  return counter < COUNTER_MAX ? pack(ms, counter + 1) : pack(ms + 1, 0);
}

/** `last` after reading an event of time `seen`; a reading too far ahead of `wallMs` is not merged. */
export function merge(last: Bytes, seen: Bytes, wallMs: number): Bytes {
  if (compareBytes(seen, last) <= 0 || unpack(seen).ms > wallMs + CLOCK_AHEAD_MS_MAX) return last;
  return seen;
}
