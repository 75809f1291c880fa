// Over HTTP nothing comes by itself: what is asked at once, and what waits for the next poll.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { CONTENT_TYPE, encodeFrame, joinFrames, unpackValue, decodeFrame, splitFrames } from '../sync/codec';
import { readClientMessage } from '../sync/generated/messages';
import { encodeMessage, type ClientMessage, type Compare, type Hello, type HubMessage } from '../sync/messages';
import { openPoll } from './poll';
import type { Wire } from './wire';

const NEVER_MS = 2 ** 30;
const HELLO: Hello = {
  type: 'hello', protocol: 1, protocol_min: 1, zone: new Uint8Array(16), device: 12, account: new Uint8Array(16), app_version: '0', wall_ms: 0, nonce: new Uint8Array(32), parked: [],
};
const PONG: HubMessage = { type: 'pong', token: 1, hub_ms: 1 };

let requests: string[][];
let standing: ClientMessage[];
let wire: Wire;

const compare = (after: number): Compare => ({ type: 'compare', feed: 'zone', after, step: 1, count: 1 });

/** Opens a wire to a hub that answers everything with one message, and to a session that does `hear` with it. */
function open(hear: () => void): void {
  vi.stubGlobal('fetch', async (_: unknown, { body }: { body: Uint8Array<ArrayBuffer> }) => {
    const messages = await Promise.all(splitFrames(new Uint8Array(body)).map(async (frame) => readClientMessage(unpackValue(await decodeFrame(frame)))));
    requests.push(messages.map(({ type }) => type));
    return new Response(new Uint8Array(joinFrames([await encodeFrame(encodeMessage(PONG))])), { headers: { 'content-type': CONTENT_TYPE } });
  });
  wire = openPoll({ origin: 'http://hub.test' }, NEVER_MS)({
    hello: () => Promise.resolve(HELLO),
    message: () => {
      hear();
      return Promise.resolve();
    },
    standing: () => standing,
    closed: () => undefined,
  });
}

beforeEach(() => {
  requests = [];
  standing = [];
});

afterEach(() => {
  wire.close('over');
  vi.unstubAllGlobals();
});

it('asks the next question of a comparison at once, and again only when there is another', async () => {
  let rounds = 0;
  open(() => {
    rounds += 1;
    // The session says `send` for a new question alone; what stands is asked with every poll.
    if (rounds > 3) return;
    standing = [compare(rounds)];
    wire.send(compare(rounds));
  });
  await vi.waitFor(() => { expect(requests).toEqual([['hello'], ['hello', 'compare'], ['hello', 'compare'], ['hello', 'compare']]); });
  await new Promise((resolve) => { setImmediate(resolve); });
  expect(requests).toHaveLength(4);
});
