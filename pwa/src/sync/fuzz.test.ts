// Every reader of bytes and text from outside, given vectors with random changes: it raises its own error or what it
// read survives being written again. The Python twins are fuzzed by tests/fuzz.

import { DecodeError } from '@msgpack/msgpack';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

import { concat, EMPTY, fromHex, own, toHex, type Bytes } from './bytes';
import { decodeFrame, encodeFrame, FrameError, joinFrames, packValue, splitFrames, unpackValue } from './codec';
import { decodeHead, encodeEvent, findBody } from './event';
import { startCursor, takePage } from './feed';
import { apply, copyState, emptyState, stateBytes } from './fold';
import { readClientMessage } from './generated/messages';
import { decodeHubMessage, encodeMessage, type HubMessage } from './messages';
import { LIFECYCLE } from './lifecycle';
import * as numbers from './number';
import { Session, type SessionEffect } from './session';
import { ShapeError } from './shape';

const RUNS = 600;
// Judged by what it says, not by how busy the machine is.
const PATIENT = { timeout: 60_000 };

function vectors<T>(name: string): T {
  const path = fileURLToPath(new URL(`../../../sync/vectors/${name}.json`, import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}
interface Hex {
  bytes: string;
}
const messages = vectors<{ client: Hex[]; hub: Hex[] }>('message');
const hub = messages.hub.map(({ bytes }) => fromHex(bytes));
const client = messages.client.map(({ bytes }) => fromHex(bytes));
const events = [...vectors<Hex[]>('event').map(({ bytes }) => bytes), ...vectors<{ events: string[] }>('chain').events].map(fromHex);
const frames = vectors<{ good: { frame: string }[]; bad: { frame: string }[]; body: Hex }>('frame');

type Change = (bytes: Bytes) => Bytes;

const byteChange: fc.Arbitrary<Change> = fc
  .record({ at: fc.nat(), drop: fc.nat(4), put: fc.uint8Array({ maxLength: 4 }) })
  .map(({ at, drop, put }) => (bytes) => {
    const start = at % (bytes.length + 1);
    return concat(bytes.subarray(0, start), put, bytes.subarray(start + drop));
  });

const spoiler = fc.oneof(
  fc.constantFrom<unknown>(null, true, -1, 2 ** 53, 0.5, NaN, '', '\0', '__proto__', 'case.receive', 'case.edit', 'ok', [], [[]], {}),
  fc.constantFrom(0, 8, 16, 32).map((size) => new Uint8Array(size)),
  fc.string({ unit: 'binary', maxLength: 5 }),
  fc.maxSafeNat(),
);

/** One value somewhere in a well-formed MessagePack message becomes another. */
const valueChange: fc.Arbitrary<Change> = fc.record({ path: fc.array(fc.nat(), { maxLength: 8 }), put: spoiler }).map(({ path, put }) => (bytes) => {
  try {
    return packValue(replaced(unpackValue(bytes), path, put));
  } catch {
    return bytes; // no message any more: another change broke it
  }
});

function replaced(value: unknown, [step, ...rest]: readonly number[], put: unknown): unknown {
  if (step === undefined) return put;
  if (Array.isArray(value) && value.length > 0) return value.map((item: unknown, i) => (i === step % value.length ? replaced(item, rest, put) : item));
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    const entries = Object.entries(value);
    return Object.fromEntries(entries.map(([key, item], i) => [key, i === step % entries.length ? replaced(item, rest, put) : item]));
  }
  return put;
}

/** One of these, with up to three changes. */
function changed(from: readonly Bytes[]): fc.Arbitrary<Bytes> {
  return fc
    .tuple(fc.constantFrom(...from), fc.array(fc.oneof(byteChange, valueChange), { maxLength: 3 }))
    .map(([bytes, changes]) => changes.reduce((all, change) => change(all), own(bytes)));
}

function check<T>(arbitrary: fc.Arbitrary<T>, holds: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, holds), { numRuns: RUNS });
}

/** What it read, or nothing where it raised its own error; another error goes on. */
function read<T>(reader: () => T): T | undefined {
  try {
    return reader();
  } catch (error) {
    if (error instanceof ShapeError || error instanceof DecodeError || error instanceof RangeError || error instanceof FrameError) return undefined;
    throw error;
  }
}

/**
 * Whether every text of the value stands in the bytes as it was read. What is no UTF-8 is read as some other text here;
 * Python raises, so the hub calls such an event malformed and no feed brings it.
 */
function faithful(value: unknown, bytes: Uint8Array): boolean {
  if (typeof value === 'string') return Buffer.from(bytes).includes(Buffer.from(value));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true;
  return Object.values(value).every((item) => faithful(item, bytes));
}

describe('messages', () => {
  it('of the hub are refused or survive', PATIENT, () => {
    check(changed(hub), (bytes) => {
      const message = read(() => decodeHubMessage(bytes));
      if (message !== undefined && faithful(message, bytes)) expect(decodeHubMessage(encodeMessage(message))).toEqual(message);
    });
  });

  it('of a device are refused or survive', PATIENT, () => {
    check(changed(client), (bytes) => {
      const message = read(() => readClientMessage(unpackValue(bytes)));
      if (message !== undefined && faithful(message, bytes)) expect(readClientMessage(unpackValue(encodeMessage(message)))).toEqual(message);
    });
  });
});

describe('frames', () => {
  it('are refused as such or survive', PATIENT, async () => {
    const all = [...frames.good, ...frames.bad].map(({ frame }) => fromHex(frame)).filter(({ length }) => length < 4_096);
    await fc.assert(
      fc.asyncProperty(changed(all), async (frame) => {
        const payload = await decodeFrame(frame).catch((error: unknown) => {
          expect(error).toBeInstanceOf(FrameError);
          return EMPTY;
        });
        if (payload.length > 0) expect(toHex(await decodeFrame(await encodeFrame(payload)))).toBe(toHex(payload));
      }),
      { numRuns: 150 }, // streams are slow
    );
  });

  it('of a body are all of it or none', PATIENT, () => {
    check(changed([fromHex(frames.body.bytes)]), (body) => {
      const split = read(() => splitFrames(body));
      if (split !== undefined) expect(toHex(joinFrames(split))).toBe(toHex(body));
    });
  });
});

describe('events', () => {
  const states = [...new Set(['draft', ...LIFECYCLE.transitions.flatMap((row) => row.from)])];

  it('are refused, or fold into whatever they meet', PATIENT, () => {
    check(fc.tuple(changed(events), fc.constantFrom(...states)), ([bytes, state]) => {
      const head = read(() => decodeHead(bytes));
      if (head === undefined) return;
      const typed = findBody(head);
      const before = { ...emptyState(), state };
      const source = { position: 1, device: 12, seq: 1, hubMs: 1, head };
      apply(before, source);
      expect(toHex(stateBytes(copyState(before)))).toBe(toHex(stateBytes(before)));
      if (typed === null || !faithful(head.body, bytes)) return;
      const again = read(() => encodeEvent({ ...head, type: typed.type, body: typed.body }));
      if (again !== undefined) expect(findBody(decodeHead(again))?.body).toEqual(typed.body);
    });
  });
});

describe('numbers', () => {
  const written = vectors<Record<string, { raw?: string; text?: string }[]>>('number');
  const texts = Object.values(written).flatMap((rows) => rows.map(({ raw, text }) => raw ?? text ?? ''));
  const typed = fc.tuple(fc.constantFrom(...texts), fc.nat(), fc.nat(2), fc.string({ unit: 'binary', maxLength: 2 })).map(([text, at, drop, put]) => {
    const start = at % (text.length + 1);
    return text.slice(0, start) + put + text.slice(start + drop);
  });

  it('are the same when they are printed and read again', PATIENT, () => {
    check(typed, (text) => {
      const receipt = numbers.parseReceiptNumber(text);
      if (!('code' in receipt)) {
        const printed = numbers.makeReceiptNumber(receipt.point, receipt.device, receipt.date, receipt.counter);
        expect(numbers.parseReceiptNumber(printed)).toEqual(receipt);
      }
      const number = numbers.parseCaseNumber(text);
      if (!('code' in number)) expect(numbers.parseCaseNumber(numbers.makeCaseNumber(number.implementationCode, number.date, number.serial))).toEqual(number);
      expect(numbers.isReceiptNumber(text) && 'code' in receipt).toBe(false);
      expect(numbers.isCaseNumber(text) && 'code' in number).toBe(false);
      expect(numbers.normaliseCode(numbers.normaliseCode(text))).toBe(numbers.normaliseCode(text));
      expect(numbers.isCreditCode(text) || numbers.isResidentId(text) ? text.length : 18).toBe(18);
    });
  });
});

describe('a connection', () => {
  const LAST = 9;
  const LINK = new Uint8Array(32);
  const said = fc.array(changed(hub), { minLength: 1, maxLength: 8 });

  it('asks only for what there is, whatever the hub says', PATIENT, () => {
    check(said, (all) => {
      const session = new Session({ device: 12, lastSeq: LAST, ackedSeq: 0, epoch: 0, cursors: [], linkAt: (seq) => (seq <= LAST ? LINK : null), nowMs: 0 });
      all.forEach((bytes, i) => {
        const message = read(() => decodeHubMessage(bytes));
        if (message !== undefined) drain(session, message, i * 1_000);
      });
    });
  });

  function drain(session: Session, message: HubMessage, nowMs: number): void {
    const due: SessionEffect[] = [...session.receive(message, nowMs), ...session.tick(nowMs)];
    for (let effect = due.shift(); effect !== undefined; effect = due.shift()) {
      if (effect.kind === 'push') {
        expect(effect.firstSeq).toBeGreaterThan(0);
        expect(effect.firstSeq).toBeLessThanOrEqual(LAST);
        due.push(...session.pushed(Math.min(effect.firstSeq + 2, LAST), nowMs));
      } else if (effect.kind === 'settle') {
        expect(effect.seq).toBeLessThanOrEqual(LAST);
      } else if (effect.kind === 'page') {
        const { page } = effect;
        const taken = takePage(startCursor(page.feed), page, 12, () => undefined);
        expect(['taken', 'not-next', 'not-chained']).toContain(taken.kind);
      }
    }
  }
});
