// The WebSocket wire: one binary message is one frame.

import type { Bytes } from '../sync/bytes';
import { decodeFrame, encodeFrame, FrameError } from '../sync/codec';
import { decodeHubMessage, encodeMessage, type ClientMessage } from '../sync/messages';
import type { OpenWire, Wire, WireEvents } from './wire';

/** The part of a WebSocket that this needs, so that Node's can stand in. */
export interface SocketLike {
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: Bytes): void;
  close(): void;
}

export type MakeSocket = () => SocketLike;

/** `timeoutMs`: for the upgrade; a network that breaks WebSockets often just says nothing. */
export function openSocket(make: MakeSocket, timeoutMs: number): OpenWire {
  return (events) => new SocketWire(make(), events, timeoutMs);
}

interface Inflated {
  frame: Bytes;
  payload: Bytes;
}

class SocketWire implements Wire {
  readonly kind = 'socket';
  private dead = false;
  // Frames are made and read asynchronously; each chain keeps its own order.
  private outgoing = Promise.resolve();
  private incoming = Promise.resolve();
  /** All but the newest of `incoming`: one frame ahead is inflated while the one before it is dealt with. */
  private earlier = Promise.resolve();

  constructor(
    private readonly socket: SocketLike,
    private readonly events: WireEvents,
    timeoutMs: number,
  ) {
    const timer = setTimeout(() => {
      this.close('timeout');
    }, timeoutMs);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      clearTimeout(timer);
      this.outgoing = this.outgoing.then(async () => {
        await this.write(await events.hello());
      });
      this.guard(this.outgoing);
    };
    socket.onmessage = (event: { data: unknown }) => {
      const { data } = event;
      const inflated = this.earlier.then(() => this.inflate(data));
      // Its failure is told when its turn comes: what arrived before counts.
      inflated.catch(() => undefined);
      this.earlier = this.incoming;
      this.incoming = this.incoming.then(async () => this.read(await inflated));
      this.guard(this.incoming);
    };
    socket.onclose = () => {
      clearTimeout(timer);
      this.close('offline');
    };
    socket.onerror = () => {
      clearTimeout(timer);
      this.close('offline');
    };
  }

  send(message: ClientMessage): void {
    this.outgoing = this.outgoing.then(() => this.write(message));
    this.guard(this.outgoing);
  }

  close(code: string): void {
    if (this.dead) return;
    this.dead = true;
    this.socket.close();
    this.events.closed(code);
  }

  private async write(message: ClientMessage): Promise<void> {
    const frame = await encodeFrame(encodeMessage(message));
    if (!this.dead) this.socket.send(frame);
  }

  private async inflate(data: unknown): Promise<Inflated | null> {
    if (this.dead) return null;
    if (!(data instanceof ArrayBuffer)) throw new FrameError('frame-malformed', 'text');
    const frame = new Uint8Array(data);
    return { frame, payload: await decodeFrame(frame) };
  }

  private async read(inflated: Inflated | null): Promise<void> {
    if (inflated === null || this.dead) return;
    await this.events.message(decodeHubMessage(inflated.payload), inflated.frame);
  }

  /** Whatever fails on the way ends the connection: what follows broken bytes cannot be trusted. */
  private guard(step: Promise<void>): void {
    step.catch((error: unknown) => {
      this.close(error instanceof FrameError ? error.code : 'frame-malformed');
    });
  }
}
