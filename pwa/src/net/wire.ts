// What a line runs on: a WebSocket, or HTTP requests that look like one. Messages out in order, messages in one by one.

import type { Bytes } from '../sync/bytes';
import type { ClientMessage, Hello, HubMessage } from '../sync/messages';

/** What a wire tells; `message` is awaited before the next one is told. */
export interface WireEvents {
  /** The greeting for a new connection or request, with a fresh nonce. */
  hello(): Promise<Hello>;
  /** `frame`: the message as it came, which is how a page is kept. */
  message(message: HubMessage, frame: Bytes): Promise<void>;
  /** What a poll asks besides what was sent: subscriptions from where the reader stands. */
  standing(): ClientMessage[];
  /** Told once; the wire is dead then. */
  closed(code: string): void;
}

export interface Wire {
  readonly kind: 'socket' | 'http';
  send(message: ClientMessage): void;
  close(code: string): void;
}

export type OpenWire = (events: WireEvents) => Wire;
