// The HTTP wire, for networks that break WebSockets: the same messages, carried by POST requests.
//
// Every request greets anew; the answer is `welcome` and what follows from the rest. Asked again at once while a page
// came without its head, a comparison goes on or something waits to be sent, else every POLL_INTERVAL_MS.

import type { Bytes } from '../sync/bytes';
import { CONTENT_TYPE, decodeFrame, encodeFrame, FrameError, joinFrames, splitFrames } from '../sync/codec';
import { POLL_INTERVAL_MS } from '../sync/generated/limits';
import { decodeHubMessage, encodeMessage, type ClientMessage, type HubMessage } from '../sync/messages';
import { ShapeError } from '../sync/shape';
import { exchange, type HubAddress } from './request';
import type { OpenWire, Wire, WireEvents } from './wire';

export function openPoll(hub: HubAddress, intervalMs = POLL_INTERVAL_MS): OpenWire {
  return (events) => new PollWire(hub, events, intervalMs);
}

class PollWire implements Wire {
  readonly kind = 'http';
  private dead = false;
  private queue: ClientMessage[] = [];
  /** A comparison has another question: whoever waits for a feed waits for all of them. */
  private asks = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly hub: HubAddress,
    private readonly events: WireEvents,
    private readonly intervalMs: number,
  ) {
    this.run().catch((error: unknown) => {
      this.close(error instanceof FrameError ? error.code : error instanceof ShapeError ? 'not-the-hub' : 'internal');
    });
  }

  send(message: ClientMessage): void {
    // What stands is asked with every request; and a request is its own sign of life.
    if (message.type === 'subscribe' || message.type === 'ping') return;
    if (message.type === 'compare') this.asks = true;
    else this.queue.push(message);
    this.wake();
  }

  close(code: string): void {
    if (this.dead) return;
    this.dead = true;
    this.wake();
    this.events.closed(code);
  }

  private isDead(): boolean {
    return this.dead;
  }

  private async run(): Promise<void> {
    while (!this.isDead()) {
      const sent = this.queue;
      this.queue = [];
      this.asks = false;
      const messages = [await this.events.hello(), ...sent, ...this.events.standing()];
      const answer = await this.post(messages);
      if (answer === null) return;
      let more = messages.length === 1;
      for (const { message, frame } of answer) {
        if (this.isDead()) return;
        if (message.type === 'page' && message.head === null) more = true;
        await this.events.message(message, frame);
      }
      // After the very first answer the feeds to read are known, and are asked for at once.
      if (messages.length === 1 && this.events.standing().length === 0) more = false;
      if (!more && !this.asks && this.queue.length === 0) await this.pause();
    }
  }

  private async post(messages: readonly ClientMessage[]): Promise<{ message: HubMessage; frame: Bytes }[] | null> {
    const frames = await Promise.all(messages.map((message) => encodeFrame(encodeMessage(message))));
    const headers = { 'Content-Type': CONTENT_TYPE };
    const answer = await exchange(this.hub, { method: 'POST', path: '/sync/http', headers, body: joinFrames(frames) });
    if (!answer.ok) {
      this.close(answer.code);
      return null;
    }
    const { response, body } = answer.value;
    if (!(response.headers.get('content-type') ?? '').startsWith(CONTENT_TYPE)) {
      this.close(response.status >= 500 ? 'offline' : 'not-the-hub');
      return null;
    }
    return Promise.all(splitFrames(body).map(async (frame) => ({ message: decodeHubMessage(await decodeFrame(frame)), frame })));
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.intervalMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
