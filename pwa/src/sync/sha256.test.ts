// The hash that every chain is made of, beside the platform's own, at every length around a block and beyond the buffer.

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { toHex, utf8 } from './bytes';
import { sha256 } from './sha256';

const LENGTHS = [...Array.from({ length: 200 }, (_, length) => length), 65_536, 131_062, 131_063, 131_064, 1_000_003];

describe('SHA-256', () => {
  it('is the standard’s', () => {
    expect(toHex(sha256(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(toHex(sha256())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it.each([1, 2, 3])('is the platform’s of %i parts', (count) => {
    for (const length of LENGTHS) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff);
      const cuts = Array.from({ length: count + 1 }, (_, i) => Math.floor((length * i) / count));
      const parts = cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end));
      expect(toHex(sha256(...parts)), String(length)).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });
});
