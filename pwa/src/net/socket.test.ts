// The WebSocket wire: frames are told one by one in their order, and one ahead is inflated meanwhile.

import { afterEach, expect, test, vi } from 'vitest';

import { encodeFrame, packValue } from '../sync/codec';
import type { Bytes } from '../sync/bytes';
import type { Hello, HubMessage } from '../sync/messages';
import { openSocket, type SocketLike } from './socket';

class Socket implements SocketLike {
  binaryType = '';
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  send(): void {
    throw new Error('nothing is sent here');
  }
  close(): void {
    // What follows is up to the wire.
  }
  arrive(frame: Bytes): void {
    this.onmessage?.({ data: frame.slice().buffer } as never);
  }
}

const fault = (detail: string): Promise<Bytes> => encodeFrame(packValue(['fault', 'busy', '', detail, 0]));

/** A wire whose receiver holds each message until it is let go. */
function open() {
  const socket = new Socket();
  const told: string[] = [];
  const held: (() => void)[] = [];
  const message = (message: HubMessage): Promise<void> => {
    told.push(message.type === 'fault' ? message.detail.slice(0, 5) : message.type);
    return new Promise((resolve) => held.push(resolve));
  };
  const hello = (): Promise<Hello> => Promise.reject(new Error('never opened'));
  openSocket(() => socket, 60_000)({ hello, message, standing: () => [], closed: (code) => told.push(`closed ${code}`) });
  const next = async (): Promise<void> => {
    await vi.waitFor(() => {
      if (held.length === 0) throw new Error('nothing was told');
    });
    held.shift()?.();
  };
  return { socket, told, next };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test('messages are told in order, one after another, and one frame ahead is inflated meanwhile', async () => {
  let inflated = 0;
  const Platform = DecompressionStream;
  vi.stubGlobal(
    'DecompressionStream',
    class extends Platform {
      constructor(format: CompressionFormat) {
        super(format);
        inflated += 1;
      }
    },
  );
  const { socket, told, next } = open();
  for (const name of ['one..', 'two..', 'three', 'four.']) socket.arrive(await fault(name.padEnd(4_000, '.')));
  await vi.waitFor(() => {
    expect([told, inflated]).toEqual([['one..'], 2]);
  });
  await next();
  await vi.waitFor(() => {
    expect([told, inflated]).toEqual([['one..', 'two..'], 3]);
  });
  await next();
  await next();
  await vi.waitFor(() => {
    expect(told).toEqual(['one..', 'two..', 'three', 'four.']);
  });
});

test('a broken frame unmakes nothing that came before it', async () => {
  const { socket, told, next } = open();
  const whole = await fault('good.'.padEnd(4_000, '.'));
  socket.arrive(whole);
  socket.arrive(whole.slice(0, whole.length / 2));
  await vi.waitFor(() => {
    expect(told).toEqual(['good.']);
  });
  await next();
  await vi.waitFor(() => {
    expect(told).toEqual(['good.', 'closed frame-malformed']);
  });
});
