// The pages of feeds as a tablet stores them: each in the frame that it came in, sealed, under the place where it begins.

import type { FeedRow, PageRow, Store } from '../store/port';
import type { Bytes } from '../sync/bytes';
import { entryHash, feedStart, nextHash } from '../sync/chain';
import { encodeFrame } from '../sync/codec';
import type { Cursor } from '../sync/feed';
import type { FullEntry } from '../sync/fold';
import { encodeMessage, type Entry } from '../sync/messages';
import { StoreFailed } from '../store/failure';
import { fillOwn, pagePlace, readPage } from './logged';
import { seal, unseal, type Vault } from './vault';

/** A feed that is fetched from its beginning says so, or a tab that slept would go on from another history of it. */
export function begun(row: FeedRow): FeedRow {
  return row.n === 0 ? { ...row, rewound: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0 } : row;
}

export class Pages {
  constructor(
    private readonly store: Store,
    private readonly vault: Vault,
    private readonly eventAt: (seq: number) => Bytes | undefined,
  ) {}

  /** What is stored of a feed from `after` on, page by page; `end`: how far the feed goes with this one. */
  async *read(feed: string, after: number): AsyncGenerator<{ entries: FullEntry[]; after: number; end: number }> {
    for (const row of await this.store.pages(feed, after)) {
      const entries = fillOwn(await this.open(row), this.eventAt);
      yield { entries, after: row.after, end: row.after + row.count };
    }
  }

  seal(feed: string, after: number, frame: Bytes): Promise<Bytes> {
    return seal(this.vault.tablet, pagePlace(feed, after), frame);
  }

  /** The feed's chain at its start and after each entry, as far as it is here without a gap, by what is stored and not by what was told. */
  async chain(feed: string): Promise<Bytes[]> {
    let hash = feedStart(feed);
    const hashes = [hash];
    for await (const { entries, after } of this.read(feed, 0)) {
      if (after !== hashes.length - 1) break;
      for (const [position, author, seq, hubMs, event] of entries) {
        hash = nextHash(hash, entryHash(position, author, seq, hubMs, 'ok', event));
        hashes.push(hash);
      }
    }
    return hashes;
  }

  async forget(feed: string): Promise<void> {
    const saved = await this.store.forgetFeed(feed);
    if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
  }

  /** Sets a feed back to `cursor`. Where another tab moved it meanwhile nothing is done: the hub will say what does not fit. */
  async rewind(cursor: Cursor): Promise<void> {
    const before = (await this.store.feeds()).find(({ feed }) => feed === cursor.feed);
    if (before === undefined) return;
    const row: FeedRow = { ...before, ...cursor, rewound: (before.rewound ?? 0) + 1 };
    const saved = await this.store.rewindFeed(before.n, row, await this.cut(cursor));
    if (!saved.ok && saved.code !== 'head-moved') throw new StoreFailed(saved.code, saved.detail);
  }

  /** The page in which the feed is to end, without what follows; null: it ends where a page does. */
  private async cut({ feed, n, hash }: Cursor): Promise<PageRow | null> {
    const row = (await this.store.pages(feed, 0)).find(({ after, count }) => after < n && n < after + count);
    if (row === undefined) return null;
    const { after } = row;
    const entries = (await this.open(row)).slice(0, n - after);
    const frame = await encodeFrame(encodeMessage({ type: 'page', feed, after, entries, hash, head: null }));
    return { feed, after, count: entries.length, sealed: await this.seal(feed, after, frame) };
  }

  private async open({ feed, after, sealed }: PageRow): Promise<Entry[]> {
    return readPage(await unseal(this.vault.tablet, pagePlace(feed, after), sealed));
  }
}
