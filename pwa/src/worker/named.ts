// Which photographs the events of this device name: those of its log, and those that it wrote under a former number.

import type { FormerRow, LogRow, Store } from '../store/port';
import { decodeHead } from '../sync/event';
import type { Unlocked } from './core';
import { logPlace, photosOf } from './logged';
import { tryUnseal, type Vault } from './vault';

/** An event of this device; `photos` null: what it names cannot be read here. */
export type Naming = LogRow & { photos: string[] | null };

export async function namings(store: Store, { tablet, vault }: Pick<Unlocked, 'tablet' | 'vault'>): Promise<Naming[]> {
  const own = tablet.rows.map((row) => ({ ...row, photos: photosOf(row.head) }));
  return [...own, ...(await formerNamings(store, vault))];
}

/** The case of each photograph that an event under a former number names. */
export async function casesOfFormerPhotos(store: Store, vault: Vault): Promise<Map<string, string>> {
  const rows = await formerNamings(store, vault);
  return new Map(rows.flatMap(({ photos, stream }) => (photos ?? []).map((sha256) => [sha256, stream] as const)));
}

async function formerNamings(store: Store, vault: Vault): Promise<Naming[]> {
  const read = async (row: FormerRow): Promise<Naming> => {
    const event = await tryUnseal(vault.tablet, logPlace(row.seq), row.sealed);
    return { ...row, photos: event === null ? null : photosOf(decodeHead(event)) };
  };
  return Promise.all((await store.former()).map(read));
}
