// What colleagues at the point wrote and the hub has not confirmed, as the point's relay passed it on.
//
// Kept sealed in the store like pages of a feed, so that a reload without any line still shows it; a name with "@" is no
// feed's. When nothing of it waits for the hub any more, all of it is dropped.

import { StoreFailed } from './failure';
import { nothing, pagePlace } from './logged';
import { seal, unseal, type Vault } from './vault';
import type { FeedRow, Store } from '../store/port';
import { equalBytes, type Bytes } from '../sync/bytes';
import { packValue, unpackValue } from '../sync/codec';
import type { FullEntry } from '../sync/fold';
import type { Changed, Replica } from '../sync/replica';

export const HEARD = '@heard';
export const isFeed = (name: string): boolean => !name.startsWith('@');
/** Whether what colleagues at the point write is for who reads these feeds. */
export const hears = (feeds: readonly string[]): boolean => feeds.some((feed) => feed.startsWith('point:'));

const NO_TAG = new Uint8Array(16);
const NOWHERE = { journal: new Uint8Array(16), n: 0 };

/** A part of a relay's journal whose signatures were verified. */
export interface Part {
  journal: Bytes;
  n: number;
  entries: FullEntry[];
  refused: [device: number, seq: number][];
}

export class Neighbours {
  private parts: Part[] = [];
  /** Names what is kept: another tab may have dropped it and begun anew. */
  private tag: Bytes = NO_TAG;
  private place: { journal: Bytes; n: number } = NOWHERE;

  constructor(
    private readonly store: Store,
    private readonly vault: Vault,
  ) {}

  /** How far the relay's journal was heard. */
  get heardTo(): { journal: Bytes; n: number } {
    return this.place;
  }

  /** Keeps a part durably and shows it; `place` null: somebody in it is not known here yet, so it is to be heard again. */
  async keep(part: Part, place: { journal: Bytes; n: number } | null, replica: Replica, wallMs: number): Promise<Changed> {
    if (place !== null) this.place = place;
    if (part.entries.length === 0 && part.refused.length === 0) return nothing();
    const after = this.parts.length;
    if (after === 0) this.tag = crypto.getRandomValues(new Uint8Array(16));
    const kept = { ...part, ...this.place };
    const sealed = await seal(this.vault.tablet, pagePlace(HEARD, after), packValue([kept.journal, kept.n, kept.entries, kept.refused]));
    const saved = await this.store.putPage({ feed: HEARD, after, count: 1, sealed }, { feed: HEARD, n: after + 1, hash: this.tag });
    // Another tab wrote first: it leads now, and hears for itself.
    if (!saved.ok && saved.code === 'head-moved') return this.load(await this.store.feeds(), replica, wallMs);
    if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
    this.parts.push(kept);
    return changed(take(kept, replica, wallMs));
  }

  /** Reads what another tab has kept, or dropped. */
  async load(feeds: readonly FeedRow[], replica: Replica, wallMs: number): Promise<Changed> {
    const all = changed(new Set());
    const row = feeds.find(({ feed }) => feed === HEARD);
    if (row === undefined || !equalBytes(row.hash, this.tag)) this.parts = [];
    if (row === undefined) return all;
    this.tag = row.hash;
    const rows = await this.store.pages(HEARD, this.parts.length);
    for (const { after, sealed } of rows) {
      const [journal, n, entries, refused] = unpackValue(await unseal(this.vault.tablet, pagePlace(HEARD, after), sealed)) as [Bytes, number, FullEntry[], [number, number][]];
      const part = { journal, n, entries, refused };
      this.parts.push(part);
      this.place = { journal, n };
      for (const id of take(part, replica, wallMs)) all.cases.add(id);
    }
    return all;
  }

  /** Into a replica that was made anew. */
  tell(replica: Replica, wallMs: number): void {
    for (const part of this.parts) take(part, replica, wallMs);
  }

  /** Drops what is kept, once the hub has spoken of all of it. */
  async tidy(replica: Replica): Promise<void> {
    if (this.parts.length === 0 || replica.hearsay > 0) return;
    const saved = await this.store.forgetFeed(HEARD);
    if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
    this.parts = [];
  }
}

function take({ entries, refused }: Part, replica: Replica, wallMs: number): Set<string> {
  const ids = replica.hear(entries, wallMs);
  for (const id of replica.unhear(refused)) ids.add(id);
  return ids;
}

function changed(cases: Set<string>): Changed {
  return { cases, reference: false };
}
