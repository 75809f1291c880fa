// The tables of the database, version by version, and which versions of it this program may open.
//
// IndexedDB counts in tens: version 2 is 20 there. A whole step says that an older program must not use the tables any
// more; 21 to 29 would be additions that it can pass over (docs/reliability.md, "Versions of what a tablet keeps").

import { Dexie, type EntityTable, type Table, type Transaction } from 'dexie';

import { StoreFailed } from './failure';
import type { ClockRow, CounterRow, DeviceRow, DraftRow, FeedRow, FormerRow, LogRow, PageRow, PhotoRow, UserRow } from './port';

export interface SchemaVersion {
  version: number;
  tables: Record<string, string>;
  /** What the rows need besides; in one transaction with the tables, so that all of it happens or nothing. */
  upgrade?: (transaction: Transaction) => PromiseLike<unknown>;
}

/** Never changed once released: a tablet may come from any of them. */
export const VERSIONS: readonly SchemaVersion[] = [
  {
    version: 1,
    tables: {
      device: '',
      clock: '',
      log: 'seq',
      counters: 'day',
      feeds: 'feed',
      pages: '[feed+after]',
      drafts: 'id, owner',
      photos: 'sha256',
      photoBytes: '',
      users: 'id',
    },
  },
  { version: 2, tables: { former: '[device+seq]' } },
];

const STEP = 10;

export type Photo = Omit<PhotoRow, 'sealed'>;

export class Tables extends Dexie {
  declare device: Table<DeviceRow, number>;
  declare clock: Table<ClockRow, number>;
  declare log: EntityTable<LogRow, 'seq'>;
  declare former: Table<FormerRow, [number, number]>;
  declare counters: EntityTable<CounterRow, 'day'>;
  declare feeds: EntityTable<FeedRow, 'feed'>;
  declare pages: Table<PageRow, [string, number]>;
  declare drafts: EntityTable<DraftRow, 'id'>;
  declare photos: EntityTable<Photo, 'sha256'>;
  // Apart from their rows, so that counting photos does not read megabytes.
  declare photoBytes: Table<PhotoRow['sealed'], string>;
  declare users: EntityTable<UserRow, 'id'>;

  /** `makes`: where there is no database it may be made; otherwise its absence means that everything is gone. */
  constructor(name: string, durability: 'strict' | 'relaxed', versions: readonly SchemaVersion[], makes: boolean) {
    // It is opened by us alone: left to itself, Dexie would make an empty one in place of one that is gone.
    super(name, { chromeTransactionDurability: durability, autoOpen: false });
    for (const { version, tables, upgrade } of versions) {
      const declared = this.version(version).stores(tables);
      if (upgrade !== undefined) declared.upgrade(upgrade);
    }
    if (!makes) {
      this.on('populate', () => {
        throw new StoreFailed('storage-lost', 'the database is gone');
      });
    }
  }
}

/** Of these, the versions that a database of this number has gone through. */
export function versionsOf(kept: number, versions: readonly SchemaVersion[]): SchemaVersion[] {
  return versions.filter(({ version }) => version * STEP <= kept);
}

/** Whether a database of this number is still to be upgraded, or was by a program that this one cannot follow. */
export function ageOf(kept: number, versions: readonly SchemaVersion[]): 'older' | 'same' | 'newer' {
  const newest = Math.max(...versions.map(({ version }) => version)) * STEP;
  if (kept < newest) return 'older';
  return kept < newest + STEP ? 'same' : 'newer';
}

/** IndexedDB's number of the database as it is, which is neither changed nor made; 0: there is none. */
export function keptVersion(name: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    let absent = false;
    request.onupgradeneeded = () => {
      absent = true;
      request.transaction?.abort();
    };
    request.onsuccess = () => {
      const { version } = request.result;
      request.result.close();
      resolve(version);
    };
    request.onerror = (event) => {
      event.preventDefault();
      if (absent) resolve(0);
      else reject(request.error ?? new StoreFailed('storage-failed', 'no reason was given'));
    };
  });
}
