// Where two histories of a feed part: found by halving, or rather by cutting what is left into 128 pieces at a time.
// Twin of sync/repair.py (docs/protocol.md, section 7).
//
// A feed only grows, so two histories of it are equal up to some entry and differ in all chain hashes after that. Each
// answer at least halves what is left, so a liar can only cost time. What is found is believed when the hub answers
// `subscribe` with the whole hash by a page.

import { equalBytes, type Bytes } from './bytes';
import type { Cursor } from './feed';
import { COMPARE_PLACES_MAX, PRINT_BYTES } from './generated/limits';
import type { Compare, Prints } from './messages';

/** The own chain at its start and after each entry; equal to the hub's at `common`, not at `differs`. */
export interface Search {
  feed: string;
  chain: readonly Bytes[];
  common: number;
  differs: number;
}

/** What to ask next, or the last place that both have; null: nobody asks any more. */
export type Next = Compare | { type: 'found'; cursor: Cursor } | null;

/** Nothing is known but that every history of a feed begins alike. */
export function begin(feed: string, chain: readonly Bytes[]): Search {
  return { feed, chain, common: 0, differs: chain.length };
}

/** What to ask next; null: it is found. */
export function question({ feed, common, differs }: Search): Compare | null {
  const left = differs - common - 1;
  if (left === 0) return null;
  const step = Math.ceil(left / COMPARE_PLACES_MAX);
  return { type: 'compare', feed, after: common, step, count: Math.floor(left / step) };
}

/** What is known after this answer; one to another question changes nothing. A place past the hub's end, or a piece of a print, counts as different. */
export function answered(search: Search, answer: Prints): Search {
  const asked = question(search);
  if (asked === null || answer.after !== asked.after || answer.step !== asked.step) return search;
  let { common } = search;
  for (let i = 0; i < asked.count; i += 1) {
    const place = asked.after + (i + 1) * asked.step;
    const given = answer.prints.subarray(i * PRINT_BYTES, (i + 1) * PRINT_BYTES);
    if (!equalBytes(given, hashAt(search, place).subarray(0, PRINT_BYTES))) return { ...search, common, differs: place };
    common = place;
  }
  return { ...search, common };
}

/** The last place that both have. */
export function found(search: Search): Cursor {
  return { feed: search.feed, n: search.common, hash: hashAt(search, search.common) };
}

function hashAt({ chain }: Search, place: number): Bytes {
  const hash = chain[place];
  if (hash === undefined) throw new Error(`the chain has no place ${String(place)}`);
  return hash;
}

/**
 * The feeds of one connection that parted from the hub's. Each is looked into once: if the hub does not go on from what
 * was found, its next answer to `subscribe` is a fault again, and all of the feed is fetched.
 */
export class Repairs {
  /** Null: it is being recounted. */
  private readonly searches = new Map<string, Search | null>();
  private readonly met = new Set<string>();

  has(feed: string): boolean {
    return this.searches.has(feed);
  }

  /** The feeds for which it is not found yet. */
  get underWay(): string[] {
    return [...this.searches.keys()];
  }

  /** False: this feed was looked into before. True: what is stored of it is to be chained anew. */
  begin(feed: string): boolean {
    if (this.met.has(feed)) return false;
    this.met.add(feed);
    this.searches.set(feed, null);
    return true;
  }

  /** What is stored has this chain, at its start and after each entry. */
  recounted(feed: string, chain: readonly Bytes[]): Next {
    return this.has(feed) ? this.goOn(begin(feed, chain)) : null;
  }

  answered(answer: Prints): Next {
    const search = this.searches.get(answer.feed);
    return search ? this.goOn(answered(search, answer)) : null;
  }

  /** What is being asked, where the feed is not being recounted. */
  question(feed: string): Compare | null {
    const search = this.searches.get(feed);
    return search ? question(search) : null;
  }

  /** Look no further. */
  end(feed: string): void {
    this.searches.delete(feed);
  }

  private goOn(search: Search): Compare | { type: 'found'; cursor: Cursor } {
    const asked = question(search);
    if (asked === null) {
      this.searches.delete(search.feed);
      return { type: 'found', cursor: found(search) };
    }
    this.searches.set(search.feed, search);
    return asked;
  }
}
