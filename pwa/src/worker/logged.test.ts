// Pages as tablets keep them, in this version and in earlier ones.

import { describe, expect, it } from 'vitest';

import { encodeFrame, packValue } from '../sync/codec';
import { encodeMessage, type Entry } from '../sync/messages';
import { readPage } from './logged';

const entries: Entry[] = Array.from({ length: 50 }, (_, i) => [i + 1, 12, i + 1, 1_000, i % 2 === 0 ? new Uint8Array(40).fill(i) : null]);

describe('a page that is kept', () => {
  it('is read from the frame that it came in', async () => {
    const frame = await encodeFrame(encodeMessage({ type: 'page', feed: 'zone', after: 0, entries, hash: new Uint8Array(32), head: null }));
    expect(await readPage(frame)).toEqual(entries);
  });

  it('is read as an earlier version kept it', async () => {
    expect(await readPage(packValue(entries))).toEqual(entries);
  });

  it('is nothing else', async () => {
    await expect(readPage(await encodeFrame(encodeMessage({ type: 'pong', token: 1, hub_ms: 2 })))).rejects.toThrow('kept as a page');
  });
});
