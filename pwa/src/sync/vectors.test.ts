// What both languages must answer: the vectors of sync/vectors/ against these twins.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { fromHex, toHex } from './bytes';
import * as chain from './chain';
import { merge, tick } from './clock';
import { decodeFrame, encodeFrame, FrameError, joinFrames, packValue, splitFrames, unpackValue } from './codec';
import { decodeHead, encodeEvent, findBody, type EventType } from './event';
import { foldCase, stateBytes, type FullEntry } from './fold';
import { messageTuple, readClientMessage } from './generated/messages';
import { decodeHubMessage, decodeStanding, encodeMessage, encodeStanding } from './messages';

function vectors<T>(name: string): T {
  const path = fileURLToPath(new URL(`../../../sync/vectors/${name}.json`, import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

/** A value with every byte string written as hex, as the vectors write them. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

type Place = [position: number, device: number, seq: number, hubMs: number, verdict: string];

interface ChainVectors {
  public_key: string;
  log_start: string;
  events: string[];
  links: string[];
  feeds: { feed: string; start: string; places: [number, number, number, number][]; hashes: string[] }[];
  refused_entry: { event: string; place: Place; hash: string };
}

describe('chains', () => {
  const { public_key, log_start, events, links, feeds, refused_entry } = vectors<ChainVectors>('chain');
  const bytes = events.map(fromHex);

  it('links a log', () => {
    const start = chain.logStart(fromHex(public_key));
    expect(toHex(start)).toBe(log_start);
    expect(chain.foldLinks(start, bytes).map(toHex)).toEqual(links);
  });

  it('hashes a refused entry with its verdict', () => {
    expect(toHex(chain.entryHash(...refused_entry.place, fromHex(refused_entry.event)))).toBe(refused_entry.hash);
  });

  it.each(feeds)('chains the feed $feed', ({ feed, start, places, hashes }) => {
    let hash = chain.feedStart(feed);
    expect(toHex(hash)).toBe(start);
    places.forEach(([position, device, seq, hubMs], i) => {
      hash = chain.nextHash(hash, chain.entryHash(position, device, seq, hubMs, 'ok', bytes[seq - 1] ?? fromHex('')));
      expect(toHex(hash)).toBe(hashes[i]);
    });
  });
});

describe('statements', () => {
  type Part = string | number | [number, number, number, number, string][];
  interface Statements {
    zone: string;
    public_key: string;
    statements: { purpose: string; parts: Part[]; statement: string; signature: string }[];
  }
  const { zone, public_key, statements } = vectors<Statements>('statement');
  const z = fromHex(zone);
  const n = (part: Part | undefined): number => Number(part);
  const b = (part: Part | undefined): Uint8Array => fromHex(String(part));
  const runs = (part: Part | undefined): chain.RunParts[] =>
    Array.isArray(part) ? part.map(([first_seq, count, position, hub_ms, code]) => ({ first_seq, count, position, hub_ms, code })) : [];
  const make: Record<string, (parts: Part[]) => Uint8Array> = {
    push: (p) => chain.pushStatement(z, n(p[0]), n(p[1]), b(p[2])),
    ack: (p) => chain.ackStatement(z, { epoch: n(p[0]), device: n(p[1]), seq: n(p[2]), link: b(p[3]), runs: runs(p[4]) }),
    relay: (p) => chain.relayStatement(z, n(p[0]), b(p[1]), n(p[2]), b(p[3])),
    'at-point': (p) => chain.atPointStatement(z, n(p[0]), n(p[1]), n(p[2]), b(p[3])),
    pass: (p) => chain.passStatement(z, b(p[0])),
    feed: (p) => chain.feedStatement(z, n(p[0]), String(p[1]), n(p[2]), b(p[3])),
    hello: (p) => chain.helloStatement(z, n(p[0]), b(p[1])),
    epoch: (p) => chain.epochStatement(z, n(p[0])),
    report: (p) =>
      chain.reportStatement(z, n(p[0]), b(p[1]), { unsent: n(p[2]), refused: n(p[3]), unsent_attachments: n(p[4]), wall_ms: n(p[5]), standing: b(p[6]) }),
    enrolment: (p) => chain.enrolmentStatement(z, b(p[0])),
    succession: (p) => chain.successionStatement(z, n(p[0]), b(p[1])),
    'sign-in': (p) => chain.signInStatement(z, n(p[0]), b(p[1]), String(p[2])),
    attachment: (p) => chain.attachmentStatement(z, n(p[0]), b(p[1]), n(p[2])),
    stored: (p) => chain.attachmentStoredStatement(z, n(p[0]), b(p[1]), n(p[2])),
  };

  it.each(statements)('$purpose', async ({ purpose, parts, statement, signature }) => {
    expect(toHex(make[purpose]?.(parts) ?? fromHex(''))).toBe(statement);
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', fromHex(public_key), algorithm, true, ['verify']);
    expect(await crypto.subtle.verify(algorithm, key, fromHex(signature), fromHex(statement))).toBe(true);
  });
});

describe('clock', () => {
  interface Row {
    op: 'tick' | 'merge';
    last: string;
    seen?: string;
    wall: number;
    next: string;
  }
  it('ticks and merges', () => {
    for (const { op, last, seen = '', wall, next } of vectors<Row[]>('clock')) {
      const got = op === 'tick' ? tick(fromHex(last), wall) : merge(fromHex(last), fromHex(seen), wall);
      expect([op, last, seen, wall, toHex(got)]).toEqual([op, last, seen, wall, next]);
    }
  });
});

describe('frames', () => {
  interface Frames {
    good: { frame: string; payload: string }[];
    bad: { frame: string; code: string }[];
    body: { bytes: string; frames: string[] };
  }
  const { good, bad, body } = vectors<Frames>('frame');

  it('reads good ones, and what it makes itself', async () => {
    for (const { frame, payload } of good) {
      expect(toHex(await decodeFrame(fromHex(frame)))).toBe(payload);
      expect(toHex(await decodeFrame(await encodeFrame(fromHex(payload))))).toBe(payload);
    }
  });

  it('refuses bad ones', async () => {
    // Node's own stream ignores what follows the compressed bytes; a browser's refuses it, as its standard says.
    const trailing = '5a4301636018052319000000';
    expect(bad.map(({ frame }) => frame)).toContain(trailing);
    for (const { frame, code } of bad.filter((row) => row.frame !== trailing)) {
      const refusal = await decodeFrame(fromHex(frame)).catch((error: unknown) => error);
      expect([frame, refusal instanceof FrameError ? refusal.code : refusal]).toEqual([frame, code]);
    }
  });

  it('joins and splits a body', () => {
    expect(toHex(joinFrames(body.frames.map(fromHex)))).toBe(body.bytes);
    expect(splitFrames(fromHex(body.bytes)).map(toHex)).toEqual(body.frames);
    expect(() => splitFrames(fromHex(body.bytes.slice(0, -2)))).toThrow(FrameError);
  });
});

describe('messages', () => {
  interface Messages {
    client: { array: unknown[]; bytes: string }[];
    hub: { array: unknown[]; bytes: string }[];
    wrong: string[];
  }
  const { client, hub, wrong } = vectors<Messages>('message');

  it('writes and reads all', () => {
    for (const { array, bytes } of client) {
      const message = readClientMessage(unpackValue(fromHex(bytes)));
      expect(plain(messageTuple(message))).toEqual(array);
      expect(toHex(encodeMessage(message))).toBe(bytes);
    }
    for (const { array, bytes } of hub) {
      const message = decodeHubMessage(fromHex(bytes));
      expect(plain(messageTuple(message))).toEqual(array);
      expect(toHex(encodeMessage(message))).toBe(bytes);
    }
  });

  it('writes and reads what a report carries', () => {
    const standings = client.flatMap(({ bytes }) => {
      const message = readClientMessage(unpackValue(fromHex(bytes)));
      return message.type === 'report' ? [message.standing] : [];
    });
    expect(standings).toHaveLength(1);
    for (const standing of standings) expect(toHex(encodeStanding(decodeStanding(standing)))).toBe(toHex(standing));
  });

  it('refuses what is none', () => {
    for (const bytes of wrong) {
      expect(() => decodeHubMessage(fromHex(bytes)), bytes).toThrow();
      expect(() => readClientMessage(unpackValue(fromHex(bytes))), bytes).toThrow();
    }
  });
});

describe('events', () => {
  interface EventVector {
    type: EventType;
    stream: string;
    hlc: string;
    actor: string;
    base: number;
    seen: [number, number][];
    body: Record<string, unknown>;
    bytes: string;
  }
  it.each(vectors<EventVector[]>('event'))('$type', ({ type, stream, hlc, actor, base, seen, body, bytes }) => {
    const head = decodeHead(fromHex(bytes));
    const typed = findBody(head);
    expect(typed?.type).toBe(type);
    expect(plain(typed?.body)).toEqual(body);
    expect(plain(head)).toMatchObject({ type, stream, hlc, actor, base, seen });
    if (typed === null) return;
    // Written again by this encoder the bytes are the same, whatever order the keys were read in.
    const again = encodeEvent({ ...head, type, body: typed.body });
    expect(plain(findBody(decodeHead(again)))).toEqual(plain(typed));
  });
});

describe('folds', () => {
  interface FoldVector {
    name: string;
    entries: [number, number, number, number, string][];
    state: string;
  }
  it.each(vectors<FoldVector[]>('fold'))('$name', ({ entries, state }) => {
    const full = entries.map(([position, device, seq, hubMs, event]): FullEntry => [position, device, seq, hubMs, fromHex(event)]);
    const [confirmed, waiting] = [full.filter(([position]) => position > 0), full.filter(([position]) => position === 0)];
    const got = stateBytes(foldCase(confirmed, waiting));
    expect(plain(unpackValue(got))).toEqual(plain(unpackValue(fromHex(state))));
    expect(toHex(got)).toBe(state);
    expect(toHex(stateBytes(foldCase(confirmed.toReversed(), waiting.toReversed())))).toBe(state);
  });
});

it('packs integers in their shortest form', () => {
  expect([0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 53 - 1].map((n) => toHex(packValue(n)))).toEqual([
    '00', '7f', 'cc80', 'ccff', 'cd0100', 'cdffff', 'ce00010000', 'ceffffffff', 'cf001fffffffffffff',
  ]);
});
