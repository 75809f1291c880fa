// One connection: what it pushes, asks and keeps, whatever the hub says and in whatever state it is.

import { describe, expect, it } from 'vitest';

import { retryDelayMs } from './backoff';
import { feedStart } from './chain';
import { startCursor } from './feed';
import { BACKOFF_MS_BASE, BACKOFF_MS_MAX, HEARTBEAT_INTERVAL_MS, HEARTBEAT_TIMEOUT_MS, PAGE_BYTES_MAX, PUSH_EVENTS_MAX, REQUEST_TIMEOUT_MS } from './generated/limits';
import type { Ack, FaultMessage, Page, Run, Welcome } from './messages';
import { acknowledged, appended, nextToPush, pushed, PUSHES_IN_FLIGHT_MAX, pushLength, resume, settle } from './outbox';
import { PUSH_PAUSE_MS, Session, type SessionEffect } from './session';

const HASH = new Uint8Array(32);
const EPOCH = 100;
const CHALLENGE = new Uint8Array(32).fill(6);

function welcome(seq: number, feeds: string[] = [], session = true, epoch = EPOCH): Welcome {
  return {
    type: 'welcome',
    protocol: 1,
    hub_ms: 1,
    epoch,
    session,
    seq,
    link: HASH,
    feeds: feeds.map((feed) => ({ feed, n: 10_000, hash: HASH, signature: HASH, epoch })),
    app_version_min: '0',
    proof: HASH,
    challenge: CHALLENGE,
    relay: 0,
    revoked: false,
    epoch_proof: HASH,
  };
}
const run = (firstSeq: number, count: number): Run => ({ first_seq: firstSeq, count, position: firstSeq, hub_ms: 1, code: 'ok' });
const ack = (seq: number, runs: Run[] = [run(1, seq)], epoch = EPOCH): Ack => ({ type: 'ack', device: 12, seq, link: HASH, runs, signature: HASH, epoch });
const fault = (code: string, about = 'push', seq = 0): FaultMessage => ({ type: 'fault', code, about, detail: '', seq });
const page = (feed: string): Page => ({ type: 'page', feed, after: 0, entries: [], hash: HASH, head: null });

function session(lastSeq = 0, ackedSeq = 0, epoch = EPOCH): Session {
  return new Session({ device: 12, lastSeq, ackedSeq, epoch, cursors: [], linkAt: (seq) => (seq <= lastSeq ? HASH : null), nowMs: 0 });
}
const kinds = (effects: SessionEffect[]): string[] => effects.map(({ kind }) => kind);

describe('pushing', () => {
  it('pushes nothing before the greeting, then from what is confirmed here', () => {
    const one = session(5, 2);
    expect(one.appended(6)).toEqual([]);
    // The hub has 3, but this device has not heard what became of it.
    expect(one.receive(welcome(3), 1)).toContainEqual({ kind: 'push', firstSeq: 3 });
    expect(one.pushed(6, 2)).toEqual([]);
    expect(one.receive(ack(6), 3)).toMatchObject([{ kind: 'settle', seq: 6 }]);
    expect(one.appended(7)).toEqual([{ kind: 'push', firstSeq: 7 }]);
  });

  it('calls nothing settled behind a hole in the verdicts', () => {
    const one = session(9, 2);
    one.receive(welcome(2), 1);
    one.pushed(9, 1);
    expect(one.receive(ack(9, [run(6, 4)]), 2)).toMatchObject([{ kind: 'settle', seq: 2 }]);
    expect(one.receive(ack(9, [run(3, 3)]), 3)).toMatchObject([{ kind: 'settle', seq: 5 }]);
  });

  it('sees at the greeting that its log and the hub\'s have parted', () => {
    const one = session(3, 1);
    const effects = one.receive({ ...welcome(2), link: new Uint8Array(32).fill(1) }, 1);
    expect(effects).toContainEqual({ kind: 'problem', code: 'chain-fork', detail: '2' });
    // Once, for the hub to keep it aside.
    expect(effects).toContainEqual({ kind: 'push', firstSeq: 2 });
    one.pushed(3, 1);
    expect(kinds(one.receive(fault('chain-fork'), 2))).toEqual(['problem']);
    expect(one.appended(4)).toEqual([]);
    // What the other branch wrote under this number is left out of pages and not here: such a feed is let be.
    expect(one.distrust('point:HALL')).toEqual([]);
  });

  it('gives up a connection on which pushes are not answered', () => {
    const one = session(1);
    one.receive(welcome(0), 0);
    one.pushed(1, 0);
    one.receive({ type: 'pong', token: 1, hub_ms: 1 }, HEARTBEAT_TIMEOUT_MS - 1);
    expect(one.tick(HEARTBEAT_TIMEOUT_MS)).toEqual([{ kind: 'close', code: 'unanswered' }]);
    expect(session().tick(REQUEST_TIMEOUT_MS)).toEqual([{ kind: 'close', code: 'unanswered' }]);
  });

  it('puts one push together at a time', () => {
    const one = session(1);
    one.receive(welcome(0), 1);
    expect(one.appended(2)).toEqual([]);
    expect(one.pushed(1, 1)).toEqual([{ kind: 'push', firstSeq: 2 }]);
  });

  it('goes back over a gap to the last event whose verdict it heard', () => {
    const one = session(9);
    one.receive(welcome(4), 1);
    one.pushed(9, 1);
    expect(one.receive(fault('chain-gap', 'push', 2), 2)).toEqual([{ kind: 'push', firstSeq: 1 }]);
  });

  it('reopens what was confirmed when the hub was restored from a backup', () => {
    expect(session(9, 9).receive(welcome(4), 1)).toContainEqual({ kind: 'reopen', seq: 4 });
  });

  it.each([EPOCH - 1, 0])('holds nothing for confirmed that a hub of epoch %i confirmed, before the new one is known', (known) => {
    const effects = session(9, 9, known).receive(welcome(9), 1);
    expect(effects.slice(0, 2)).toMatchObject([{ kind: 'epoch', epoch: EPOCH }, { kind: 'greeted' }]);
    expect(effects).toContainEqual({ kind: 'push', firstSeq: 1 });
  });

  it('leaves a hub that a restore has replaced', () => {
    const code = 'epoch-over';
    expect(session(9, 9, EPOCH + 1).receive(welcome(9), 1)).toEqual([
      { kind: 'problem', code, detail: String(EPOCH) },
      { kind: 'close', code },
    ]);
  });

  it.each([EPOCH - 1, EPOCH + 1, 0])('takes no word of the hub that was signed in epoch %i', (epoch) => {
    const one = session(9);
    one.receive(welcome(0, ['zone']), 1);
    expect(one.receive(ack(9, [run(1, 9)], epoch), 2)).toEqual([{ kind: 'close', code: 'not-the-hub' }]);
    const head = { feed: 'zone', n: 0, hash: HASH, signature: HASH, epoch };
    expect(one.receive({ ...page('zone'), head }, 2)).toEqual([{ kind: 'close', code: 'not-the-hub' }]);
  });

  it('notices a restore between two greetings of one connection', () => {
    const one = session(9, 9);
    one.receive(welcome(9), 1);
    const effects = one.receive(welcome(9, [], true, EPOCH + 1), 2);
    expect(effects).toContainEqual({ kind: 'epoch', epoch: EPOCH + 1 });
    expect(effects).toContainEqual({ kind: 'push', firstSeq: 1 });
  });

  it('writes nothing when the hub holds more than is here', () => {
    const effects = session(2, 2).receive(welcome(4), 1);
    expect(effects).toContainEqual({ kind: 'problem', code: 'log-behind', detail: '4' });
    expect(kinds(effects)).not.toContain('push');
  });

  it('lets be a feed that leaves out what it has lost, which fetched anew would not fit either', () => {
    const one = session(2, 2);
    one.receive(welcome(4, ['zone', 'point:HALL']), 1);
    expect(one.distrust('point:HALL')).toEqual([]);
    expect(one.subscriptions()).toMatchObject([{ feed: 'zone' }]);
  });

  it.each(['chain-fork', 'signature-invalid', 'push-oversized'])('stops pushing and goes on reading after %s', (code) => {
    const one = session(2);
    one.receive(welcome(0, ['zone']), 1);
    one.pushed(2, 1);
    expect(kinds(one.receive(fault(code), 2))).toEqual(['problem']);
    expect(one.appended(3)).toEqual([]);
    expect(kinds(one.receive(page('zone'), 3))).toEqual(['page']);
    one.receive({ type: 'pong', token: 1, hub_ms: 1 }, PUSH_PAUSE_MS);
    const resumes = code === 'chain-fork' ? [] : ['push'];
    expect(kinds(one.tick(PUSH_PAUSE_MS + 2)).filter((kind) => kind === 'push')).toEqual(resumes);
  });
});

describe('reading', () => {
  it('asks for every feed from its own cursor', () => {
    const known = { feed: 'zone', n: 7, hash: HASH };
    const one = new Session({ device: 12, lastSeq: 0, ackedSeq: 0, epoch: 0, cursors: [known], linkAt: () => HASH, nowMs: 0 });
    const sent = one.receive(welcome(0, ['zone', 'point:HALL']), 1).filter((effect) => effect.kind === 'send');
    expect(sent.map(({ message }) => message)).toEqual([
      { type: 'subscribe', feed: 'zone', n: 7, hash: HASH },
      { type: 'subscribe', feed: 'point:HALL', n: 0, hash: feedStart('point:HALL') },
    ]);
  });

  it('takes no page of a feed that it may not read', () => {
    const one = session();
    one.receive(welcome(0, ['zone']), 1);
    expect(one.receive(page('dept:SCJG'), 2)).toEqual([]);
  });

  it('asks again, then anew, then gives up on a feed that goes on not fitting', () => {
    const one = session();
    one.receive(welcome(0, ['zone']), 1);
    const seen = [1, 2, 3, 4, 5].map(() => kinds(one.distrust('zone')).join());
    expect(seen).toEqual(['send', 'send', 'forget,send', 'forget,send', 'close']);
  });

  it('looks into a feed of which the hub has another history, and begins it anew where nothing of it is here', () => {
    const one = session();
    one.receive(welcome(0, ['zone', 'dept:SCJG']), 1);
    one.stored({ ...startCursor('zone'), n: 9 });
    expect(one.receive(fault('feed-hash', 'zone'), 2)).toEqual([{ kind: 'recount', feed: 'zone' }]);
    expect(kinds(one.receive(fault('feed-hash', 'dept:SCJG'), 2))).toEqual(['forget', 'send']);
    expect(one.subscriptions()).toEqual([{ type: 'subscribe', feed: 'dept:SCJG', n: 0, hash: feedStart('dept:SCJG') }]);
  });

  it('forgets a feed that it may no longer read', () => {
    const one = session();
    one.receive(welcome(0, ['zone', 'dept:SCJG']), 1);
    expect(one.receive(fault('feed-not-entitled', 'dept:SCJG'), 2)).toEqual([{ kind: 'withdraw', feed: 'dept:SCJG' }]);
    expect(one.receive(fault('feed-not-entitled', 'point:HALL'), 2)).toEqual([]);
    expect(session().receive(fault('feed-not-entitled', 'zone'), 2)).toEqual([]);
  });

  it('forgets what a greeting does not name any more, but only the hub\'s own and with a session', () => {
    const withdrawn = (hello: Partial<ReturnType<typeof welcome>>, feeds: string[]): string[] => {
      const one = session();
      one.stored({ ...startCursor('point:HALL'), n: 3 });
      return one.receive({ ...welcome(0, feeds), ...hello }, 1).flatMap((effect) => (effect.kind === 'withdraw' ? [effect.feed] : []));
    };
    expect(withdrawn({}, ['zone'])).toEqual(['point:HALL']);
    expect(withdrawn({}, ['zone', 'point:HALL'])).toEqual([]);
    expect(withdrawn({ session: false }, [])).toEqual([]);
    expect(withdrawn({ relay: 7 }, ['zone'])).toEqual([]);
  });

  it('says that a password is wanted, and stays', () => {
    const one = session();
    one.receive(welcome(0, [], false), 1);
    expect(kinds(one.receive(fault('session-expired', 'zone'), 2))).toEqual(['problem']);
  });
});

describe('reporting', () => {
  const report = { kind: 'report', challenge: CHALLENGE };

  it('reports straight after the welcome, before it reads or pushes, and when it is told that the counts changed', () => {
    const one = session(1);
    expect(one.counted()).toEqual([]);
    expect(kinds(one.receive(welcome(0, ['zone']), 1))).toEqual(['greeted', 'report', 'send', 'push']);
    expect(one.counted()).toEqual([report]);
    const newer = new Uint8Array(32).fill(7);
    one.challenged({ ...welcome(0), challenge: newer });
    expect(one.counted()).toEqual([{ kind: 'report', challenge: newer }]);
  });

  it('goes on when a report was turned away', () => {
    const one = session(1);
    one.receive(welcome(0), 1);
    expect(one.receive(fault('report-invalid', 'report'), 2)).toEqual([]);
    expect(one.pushed(1, 2)).toEqual([]);
    expect(one.appended(2)).toEqual([{ kind: 'push', firstSeq: 2 }]);
    expect(one.counted()).toEqual([report]);
  });
});

it('keeps a socket alive and gives up a silent one', () => {
  const one = session();
  one.receive(welcome(0), 0);
  expect(one.tick(HEARTBEAT_INTERVAL_MS - 1)).toEqual([]);
  expect(kinds(one.tick(HEARTBEAT_INTERVAL_MS))).toEqual(['send']);
  expect(one.tick(HEARTBEAT_TIMEOUT_MS)).toEqual([{ kind: 'close', code: 'silent' }]);
});

describe('the outbox', () => {
  it('keeps acked ≤ sent ≤ last through anything', () => {
    let outbox = resume(100, 30);
    const steps = [
      () => (outbox = pushed(outbox, 60)),
      () => (outbox = acknowledged(outbox, 60)),
      () => (outbox = appended(outbox, 120)),
      () => (outbox = acknowledged(outbox, 40)),
      () => (outbox = pushed(outbox, 120)),
      () => (outbox = acknowledged(outbox, 500)),
    ];
    for (const step of steps) {
      step();
      expect(outbox.acked <= outbox.sent && outbox.sent <= outbox.last).toBe(true);
    }
    expect(nextToPush(outbox)).toBeNull();
    expect(resume(5, 9)).toMatchObject({ acked: 5, sent: 5, last: 5 });
  });

  it('bounds what is under way', () => {
    let outbox = resume(100, 0);
    for (let seq = 1; seq <= PUSHES_IN_FLIGHT_MAX; seq += 1) outbox = pushed(outbox, seq);
    expect(nextToPush(outbox)).toBeNull();
    expect(nextToPush(acknowledged(outbox, 1))).toBe(PUSHES_IN_FLIGHT_MAX + 1);
  });

  it('fills a push by count and by bytes, and never leaves it empty', () => {
    expect(pushLength([])).toBe(0);
    expect(pushLength([PAGE_BYTES_MAX * 2])).toBe(1);
    expect(pushLength([PAGE_BYTES_MAX, 1])).toBe(1);
    expect(pushLength(Array.from({ length: PUSH_EVENTS_MAX + 5 }, () => 1))).toBe(PUSH_EVENTS_MAX);
  });

  it('reads runs', () => {
    const run = { first_seq: 4, count: 2, position: 10, hub_ms: 7, code: 'ok' };
    expect(settle(run)).toEqual([
      [4, { kind: 'accepted', position: 10, hubMs: 7 }],
      [5, { kind: 'accepted', position: 11, hubMs: 7 }],
    ]);
    expect(settle({ ...run, count: 1, code: 'not-entitled' })[0]?.[1]).toMatchObject({ kind: 'refused', position: 10, code: 'not-entitled' });
    expect(settle({ ...run, count: 1, position: 0, code: 'stream-missing' })[0]?.[1]).toEqual({ kind: 'parked', code: 'stream-missing' });
  });
});

it('backs off with full jitter, bounded', () => {
  expect(retryDelayMs(0, 0)).toBe(0);
  expect(retryDelayMs(3, 0.5)).toBe(BACKOFF_MS_BASE * 4);
  for (const failures of [0, 1, 5, 50, 5000]) expect(retryDelayMs(failures, 0.999_999)).toBeLessThanOrEqual(BACKOFF_MS_MAX);
});
