// A feed of the hub in memory: its entries, chained, and what a reader with another history asks of it.

import type { Bytes } from '../../sync/bytes';
import { concat } from '../../sync/bytes';
import { entryHash, feedStart, nextHash } from '../../sync/chain';
import { PRINT_BYTES } from '../../sync/generated/limits';
import type { Compare, Prints } from '../../sync/messages';

export type Full = [position: number, device: number, seq: number, hubMs: number, event: Bytes];

export class FakeFeed {
  readonly entries: Full[] = [];
  private readonly hashes: Bytes[];

  constructor(name: string) {
    this.hashes = [feedStart(name)];
  }

  append(entry: Full): void {
    const [position, device, seq, hubMs, event] = entry;
    this.entries.push(entry);
    this.hashes.push(nextHash(this.hashAt(this.hashes.length - 1), entryHash(position, device, seq, hubMs, 'ok', event)));
  }

  hashAt(n: number): Bytes {
    const hash = this.hashes[n];
    if (hash === undefined) throw new Error(`the feed has no entry ${String(n)}`);
    return hash;
  }

  prints({ feed, after, step, count }: Compare): Prints {
    const places = Array.from({ length: count }, (_, i) => after + (i + 1) * step).filter((place) => place < this.hashes.length);
    return { type: 'prints', feed, after, step, prints: concat(...places.map((place) => this.hashAt(place).subarray(0, PRINT_BYTES))) };
  }

  /** All after entry `n` was never written. */
  lose(n: number): void {
    this.entries.length = n;
    this.hashes.length = n + 1;
  }
}
