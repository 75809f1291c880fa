// What an author may write, and what a reader must bear.

import { describe, expect, it } from 'vitest';

import { decodeHead, encodeEvent, findBody, type Draft } from './event';

function edit(fields: Record<string, string>): Draft<'case.edit'> {
  const place = { stream: new Uint8Array(16), hlc: new Uint8Array(8), actor: new Uint8Array(16) };
  return { type: 'case.edit', ...place, base: 0, seen: [], body: { fields } };
}

describe('an event', () => {
  it('holds no half of a surrogate pair', () => {
    // Short and long texts take different ways through the encoder; a whole pair stays.
    for (const rest of ['', 'y'.repeat(100)]) {
      const bytes = encodeEvent(edit({ name: `${rest}张𠮷\ud83d`, low: `\ude00${rest}` }));
      expect(findBody(decodeHead(bytes))?.body).toMatchObject({ fields: { name: `${rest}张𠮷\ufffd`, low: `\ufffd${rest}` } });
    }
  });

  it('is not written where the hub would refuse its body', () => {
    expect(() => encodeEvent(edit({ name: '长'.repeat(4_001) }))).toThrow(RangeError);
    expect(() => encodeEvent(edit({ 'no key': 'x' }))).toThrow(RangeError);
    expect(() => encodeEvent(edit({ name: '长'.repeat(4_000) }))).not.toThrow();
  });
});
