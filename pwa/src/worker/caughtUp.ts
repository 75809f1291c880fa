// Whether what the hub has is here, as far as it has said. Before that nobody can tell what of a former log it took: the
// feeds are fetched anew once a device has another number.

import type { UserRow } from '../store/port';
import { equalBytes } from '../sync/bytes';
import type { Welcome } from '../sync/messages';
import type { Core, Unlocked } from './core';

type Greeting = NonNullable<UserRow['greeting']>;

/** How much of the feeds is here, in entries; `all` 0: the hub has greeted nobody like this under this number. */
export interface Reading {
  read: number;
  all: number;
  whole: boolean;
}

export function readingOf(core: Core, { user, tablet }: Unlocked): Reading {
  const { greeting } = user;
  if (greeting === undefined || greeting.device !== core.device?.number) return { read: 0, all: 0, whole: false };
  const hashes = new Map(tablet.allCursors.map(({ feed, n, hash }) => [`${feed} ${String(n)}`, hash]));
  const reading = { read: 0, all: 0, whole: true };
  for (const { feed, n, hash } of greeting.heads) {
    const here = tablet.loaded.get(feed) ?? 0;
    reading.read += Math.min(here, n);
    reading.all += n;
    // As long, and another: the hub was restored, and what is here is about to be set back.
    const other = here === n && n > 0 && !equalBytes(hashes.get(`${feed} ${String(n)}`) ?? hash, hash);
    if (here < n || other) reading.whole = false;
  }
  return reading;
}

/** What a greeting with a session says of the feeds' ends, to be kept; null: there is no former log, or it is kept already. */
export async function greetingOf(core: Core, { user }: Unlocked, { feeds }: Welcome): Promise<Greeting | null> {
  if (core.device === null || (await core.store.former()).length === 0) return null;
  const greeting = { device: core.device.number, heads: feeds.map(({ feed, n, hash }) => ({ feed, n, hash })) };
  return user.greeting !== undefined && textOf(user.greeting) === textOf(greeting) ? null : greeting;
}

function textOf({ device, heads }: Greeting): string {
  return [device, ...heads.map(({ feed, n, hash }) => `${feed} ${String(n)} ${hash.join('.')}`)].join('|');
}
