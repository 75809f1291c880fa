// Feeds: a reader's cursor and the check of a page against it (docs/protocol.md, section 7). Twin of sync/feed.py.
//
// A reader keeps the new cursor in the transaction that stores the page. Positions need not grow along a feed, since a
// stream that enters late brings its whole history; within one stream they do.

import { equalBytes, type Bytes } from './bytes';
import { entryHash, feedStart, nextHash } from './chain';
import type { FullEntry } from './fold';
import type { FeedHead, Page, Subscribe } from './messages';

/** How far a reader is in a feed: `n` entries, whose chain is `hash`. */
export interface Cursor {
  feed: string;
  n: number;
  hash: Bytes;
}

/** What became of a page. `taken`: store entries and cursor in one transaction; the others: drop it. */
export type Taking =
  | { kind: 'taken'; cursor: Cursor; entries: FullEntry[] }
  | { kind: 'not-next'; ahead: boolean }
  | { kind: 'not-chained' };

/** The cursor of a reader that has nothing of this feed. */
export function startCursor(feed: string): Cursor {
  return { feed, n: 0, hash: feedStart(feed) };
}

/** The message that asks for what follows. */
export function subscribeTo({ feed, n, hash }: Cursor): Subscribe {
  return { type: 'subscribe', feed, n, hash };
}

/** Whether the hub's head shows already that it cannot go on from this cursor. */
export function hasParted({ n, hash }: Cursor, head: FeedHead): boolean {
  return head.n < n || (n > 0 && head.n === n && !equalBytes(head.hash, hash));
}

/** Checks a page against the cursor. `ownEvent(seq)` gives the bytes that the hub left out. */
export function takePage(
  cursor: Cursor,
  page: Page,
  device: number,
  ownEvent: (seq: number) => Uint8Array | undefined,
): Taking {
  if (page.after !== cursor.n) return { kind: 'not-next', ahead: page.after > cursor.n };
  const entries: FullEntry[] = [];
  let hash = cursor.hash;
  for (const [position, author, seq, hubMs, sent] of page.entries) {
    const event = sent ?? (author === device ? ownEvent(seq) : undefined);
    if (event === undefined) return { kind: 'not-chained' };
    hash = nextHash(hash, entryHash(position, author, seq, hubMs, 'ok', event));
    entries.push([position, author, seq, hubMs, event]);
  }
  if (!equalBytes(hash, page.hash)) return { kind: 'not-chained' };
  return { kind: 'taken', cursor: { feed: cursor.feed, n: cursor.n + entries.length, hash }, entries };
}
