// Folds the histories of a file and writes their state bytes: the TypeScript half of tests/sync/test_differential.py.
//
// In: a MessagePack array of histories, each an array of entries [position, device, seq, hub_ms, event].
// Out: a MessagePack array of state bytes, or of the text of what was thrown.

import { readFileSync, writeFileSync } from 'node:fs';

import { packValue, unpackValue } from '../sync/codec';
import { foldCase, stateBytes, type FullEntry } from '../sync/fold';

const [, , from, to] = process.argv;
if (from === undefined || to === undefined) throw new Error('usage: fold_histories <in> <out>');

function fold(history: readonly FullEntry[]): Uint8Array | string {
  try {
    const confirmed = history.filter(([position]) => position > 0);
    const unconfirmed = history.filter(([position]) => position === 0);
    return stateBytes(foldCase(confirmed, unconfirmed));
  } catch (error) {
    return String(error);
  }
}

const histories = unpackValue(readFileSync(from)) as FullEntry[][];
writeFileSync(to, packValue(histories.map(fold)));
