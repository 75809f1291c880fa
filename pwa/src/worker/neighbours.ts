// What colleagues at the point wrote and the hub has not confirmed, as the point's relay passed it on.
//
// Kept sealed in the store like pages of a feed, so that a reload without any line still shows it; a name with "@" is no
// feed's. It is dropped when nothing of it waits for the hub any more, when another relay has taken that one's place (whoever
// still waits pushes again, there), and when it is older than any grant: then nobody at the point can still add to it.

import { StoreFailed } from '../store/failure';
import { nothing, pagePlace } from './logged';
import { seal, unseal, type Vault } from './vault';
import type { FeedRow, Store } from '../store/port';
import { equalBytes, type Bytes } from '../sync/bytes';
import { packValue, unpackValue } from '../sync/codec';
import type { FullEntry } from '../sync/fold';
import { GRANT_MS } from '../sync/generated/limits';
import type { Changed, Replica } from '../sync/replica';

export const HEARD = '@heard';
export const isFeed = (name: string): boolean => !name.startsWith('@');
/** Whether what colleagues at the point write is for who reads these feeds. */
export const hears = (feeds: readonly string[]): boolean => feeds.some((feed) => feed.startsWith('point:'));

const NO_TAG = new Uint8Array(16);
const NOWHERE: Place = { relay: 0, journal: new Uint8Array(16), n: 0 };

interface Place {
  relay: number;
  journal: Bytes;
  n: number;
}

/** A part of a relay's journal whose signatures were verified. */
export interface Part extends Place {
  entries: FullEntry[];
  refused: [device: number, seq: number][];
}

export class Neighbours {
  private parts: Part[] = [];
  /** Names what is kept: another tab may have dropped it and begun anew. */
  private tag: Bytes = NO_TAG;
  private place = NOWHERE;

  constructor(
    private readonly store: Store,
    private readonly vault: Vault,
  ) {}

  /** How far that relay's journal was heard. */
  heardTo(relay: number): { journal: Bytes; n: number } {
    const { journal, n } = this.place.relay === relay ? this.place : NOWHERE;
    return { journal, n };
  }

  /** This relay has answered: what another had passed on it may never say more of. */
  async meet(relay: number, replica: Replica): Promise<Changed> {
    if (this.parts.every((part) => part.relay === relay)) return nothing();
    await this.drop();
    return changed(replica.unhearAll());
  }

  /** Keeps a part durably and shows it; not `whole`: somebody in it is not known here yet, so it is to be heard again. */
  async keep(part: Part, whole: boolean, replica: Replica, wallMs: number): Promise<Changed> {
    const { relay, journal, n, entries, refused } = part;
    if (whole) this.place = { relay, journal, n };
    if (part.entries.length === 0 && part.refused.length === 0) return nothing();
    const after = this.parts.length;
    if (after === 0) this.tag = crypto.getRandomValues(new Uint8Array(16));
    const place = this.heardTo(relay);
    const kept = { ...part, ...place };
    const sealed = await seal(this.vault.tablet, pagePlace(HEARD, after), packValue([relay, place.journal, place.n, entries, refused, wallMs]));
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
    if (this.parts.length > 0 && (row === undefined || !equalBytes(row.hash, this.tag))) {
      this.parts = [];
      all.cases = replica.unhearAll();
    }
    if (row === undefined) return all;
    this.tag = row.hash;
    const rows = await this.store.pages(HEARD, this.parts.length);
    for (const { after, sealed } of rows) {
      const [relay, journal, n, entries, refused, ms] = unpackValue(await unseal(this.vault.tablet, pagePlace(HEARD, after), sealed)) as Sealed;
      const old = wallMs - ms > GRANT_MS;
      const part = { relay, journal, n, entries: old ? [] : entries, refused };
      this.parts.push(part);
      this.place = { relay, journal, n };
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
    if (this.parts.length > 0 && replica.hearsay === 0) await this.drop();
  }

  private async drop(): Promise<void> {
    const saved = await this.store.forgetFeed(HEARD);
    if (!saved.ok) throw new StoreFailed(saved.code, saved.detail);
    this.parts = [];
  }
}

type Sealed = [relay: number, journal: Bytes, n: number, entries: FullEntry[], refused: [number, number][], ms: number];

function take({ entries, refused }: Part, replica: Replica, wallMs: number): Set<string> {
  const ids = replica.hear(entries, wallMs);
  for (const id of replica.unhear(refused)) ids.add(id);
  return ids;
}

function changed(cases: Set<string>): Changed {
  return { cases, reference: false };
}
