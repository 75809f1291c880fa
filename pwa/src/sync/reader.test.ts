// What a message is read as: the same as the whole decoder reads, but for what stays bytes.

import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { concat, fromHex, toHex } from './bytes';
import { packValue, unpackValue } from './codec';
import { Raw, readValue } from './reader';

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('受理', '\ufeff张', 'x'.repeat(300)));
const plain = fc.oneof(fc.constantFrom(null, true, false), fc.maxSafeNat(), text, fc.uint8Array({ maxLength: 300 }));
const passed = fc.oneof(
  fc.maxSafeInteger().filter((value) => value < 0),
  fc.double().filter((value) => !Number.isInteger(value)),
  fc.dictionary(text, fc.oneof(plain, fc.array(plain), fc.dictionary(text, plain)), { maxKeys: 40 }),
);
const lists = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, plain, passed, fc.array(tie('value'), { maxLength: 20 })),
})).value;

/** A value as it is read: what is passed over is decoded here, from the bytes that it was left as. */
function opened(value: unknown): unknown {
  if (value instanceof Raw) return unpackValue(value.bytes);
  return Array.isArray(value) ? value.map(opened) : value;
}

describe('a value', () => {
  it('is what the whole decoder reads', () => {
    fc.assert(fc.property(lists, (value) => {
      const bytes = packValue(value);
      expect(opened(readValue(bytes))).toEqual(unpackValue(bytes));
    }), { numRuns: 500 });
  });

  it('is refused where it ends too early or goes on', () => {
    fc.assert(fc.property(lists, fc.nat(), (value, cut) => {
      const bytes = packValue(value);
      expect(() => readValue(bytes.subarray(0, cut % bytes.length))).toThrow(RangeError);
      expect(() => readValue(Uint8Array.of(...bytes, 0xc0))).toThrow(RangeError);
    }), { numRuns: 500 });
  });

  it('keeps the bytes of a body, and of every long form', () => {
    const body = encode({ a: [1, -1, 1.5, 'x'.repeat(70_000), new Uint8Array(70_000)], b: Array.from({ length: 70_000 }, () => null) });
    const [first, raw, last] = readValue(concat(Uint8Array.of(0x93, 7), body, Uint8Array.of(9))) as [number, Raw, number];
    expect([first, last]).toEqual([7, 9]);
    expect(toHex(raw.bytes)).toBe(toHex(body));
    // Extensions, 32-bit maps and the tag that never stands.
    for (const hex of ['d40100', 'd80100000000000000000000000000000000', 'c7020100ff', 'c8000101ff', 'c90000000101ff', 'df000000010203', 'ca00000000']) {
      expect((readValue(fromHex(hex)) as Raw).bytes).toEqual(fromHex(hex));
    }
    expect(() => readValue(fromHex('c1'))).toThrow(RangeError);
    expect(() => readValue(fromHex('81c101'))).toThrow(RangeError);
  });
});
