// What both languages must ask where two histories of a feed part: the vectors of sync/vectors/repair.json.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { fromHex, toHex, utf8, type Bytes } from './bytes';
import { entryHash, feedStart, nextHash } from './chain';
import { decodeClientMessage, decodeHubMessage, encodeMessage, type HubMessage, type Prints } from './messages';
import { answered, begin, found, question, Repairs } from './repair';
import { Session } from './session';

interface Vectors {
  feed: string;
  searches: { both: number; ours: number; theirs: number; hash: string; rounds: [asked: string, answer: string][] }[];
}

const path = fileURLToPath(new URL('../../../sync/vectors/repair.json', import.meta.url));
const { feed, searches } = JSON.parse(readFileSync(path, 'utf8')) as Vectors;
const HUB_MS = 1_795_400_000_123;

/** As sync/vectors_repair.py makes it. */
function grown(both: number, besides: number, author: number): Bytes[] {
  let hash = feedStart(feed);
  const hashes = [hash];
  for (let n = 1; n <= both + besides; n += 1) {
    hash = nextHash(hash, entryHash(n, n <= both ? 12 : author, n, HUB_MS, 'ok', utf8(String(n))));
    hashes.push(hash);
  }
  return hashes;
}

function printsOf(answer: string): Prints {
  const message = decodeHubMessage(fromHex(answer));
  if (message.type !== 'prints') throw new Error(message.type);
  return message;
}

describe('a feed that parted', () => {
  it.each(searches)('after $both entries, with $ours here and $theirs there', ({ both, ours, hash, rounds }) => {
    let search = begin(feed, grown(both, ours, 13));
    for (const [asked, answer] of rounds) {
      const next = question(search);
      if (next === null) throw new Error('found already');
      expect(toHex(encodeMessage(next))).toBe(asked);
      expect(decodeClientMessage(fromHex(asked))).toEqual(next);
      expect(answered(search, { ...printsOf(answer), after: 999_999 })).toBe(search);
      search = answered(search, printsOf(answer));
    }
    expect(question(search)).toBeNull();
    expect(found(search)).toEqual({ feed, n: both, hash: fromHex(hash) });
  });

  it('is looked into once on a connection', () => {
    const repairs = new Repairs();
    expect([repairs.begin(feed), repairs.question(feed), repairs.begin(feed)]).toEqual([true, null, false]);
    repairs.end(feed);
    expect(repairs.recounted(feed, grown(2, 0, 13))).toBeNull();
  });
});

describe('a connection over which it is found', () => {
  const chain = grown(3, 2, 13);
  const fault = (code: string): HubMessage => ({ type: 'fault', code, about: feed, detail: '', seq: 0 });

  function parted(): Session {
    const hash = chain[5] ?? new Uint8Array();
    const start = { device: 12, lastSeq: 0, ackedSeq: 0, epoch: 1, cursors: [{ feed, n: 5, hash }], linkAt: () => new Uint8Array(32), nowMs: 0 };
    const session = new Session(start);
    const empty = new Uint8Array(32);
    const head = { feed, n: 5, hash, signature: empty, epoch: 1 };
    session.receive({ type: 'welcome', protocol: 1, hub_ms: 0, epoch: 1, session: true, seq: 0, link: empty, feeds: [head], app_version_min: '', proof: empty, challenge: empty, relay: 0, revoked: false, epoch_proof: empty }, 0);
    expect(session.receive(fault('feed-hash'), 0)).toEqual([{ kind: 'recount', feed }]);
    expect([session.receive(fault('feed-hash'), 0), session.subscriptions()]).toEqual([[], []]);
    return session;
  }

  const ask = { type: 'compare', feed, after: 0, step: 1, count: 5 };
  const anew = [
    { kind: 'forget', feed },
    { kind: 'send', message: { type: 'subscribe', feed, n: 0, hash: feedStart(feed) } },
  ];

  it('goes back to the last common entry, and where the hub does not go on from there, to the beginning', () => {
    const session = parted();
    expect(session.recounted(feed, chain)).toEqual([{ kind: 'send', message: ask }]);
    expect(session.subscriptions()).toEqual([ask]);
    const said = chain.slice(1, 4).map((hash) => hash.subarray(0, 4));
    const prints = Uint8Array.from(said.flatMap((print) => [...print]));
    const cursor = { feed, n: 3, hash: chain[3] };
    const subscribe = { type: 'subscribe', ...cursor };
    const effects = session.receive({ type: 'prints', feed, after: 0, step: 1, prints }, 0);
    expect(effects).toEqual([{ kind: 'rewind', cursor }, { kind: 'send', message: subscribe }]);
    expect(session.subscriptions()).toEqual([subscribe]);
    expect(session.receive(fault('feed-hash'), 0)).toEqual(anew);
  });

  it('fetches all of it where nothing is held in common, or an older hub compares nothing', () => {
    const one = parted();
    one.recounted(feed, chain);
    expect(one.receive({ type: 'prints', feed, after: 0, step: 1, prints: new Uint8Array(20) }, 0)).toEqual(anew);
    const other = parted();
    other.recounted(feed, chain);
    expect(other.receive(fault('message-unknown'), 0)).toEqual(anew);
    expect(other.receive(fault('message-unknown'), 0).map(({ kind }) => kind)).toEqual(['problem', 'close']);
  });
});
