// A wire to the hub in memory: messages go through their bytes, and may be lost, repeated or cut off.

import type { Wire, WireEvents } from '../../net/wire';
import { decodeFrame, encodeFrame, unpackValue } from '../../sync/codec';
import { readClientMessage } from '../../sync/generated/messages';
import { decodeHubMessage, encodeMessage, type ClientMessage, type HubMessage } from '../../sync/messages';

/** What becomes of a message under way. */
export type Fate = 'pass' | 'lose' | 'twice' | 'cut';

/** What the hub does at its end of a wire. */
interface FakeEnd {
  down: boolean;
  fate: (way: 'up' | 'down', message: ClientMessage | HubMessage) => Fate;
  hear(message: ClientMessage, reply: (message: HubMessage) => Promise<void>, wire: FakeWire): Promise<void>;
}

export class FakeWire implements Wire {
  readonly kind = 'socket';
  readonly places = new Map<string, number>();
  device = 0;
  private dead = false;
  private up: Promise<void> = Promise.resolve();

  constructor(
    private readonly hub: FakeEnd,
    private readonly events: WireEvents,
    private readonly ended: () => void,
  ) {
    this.up = Promise.resolve().then(async () => {
      if (hub.down) this.close('offline');
      else await this.carry(await events.hello());
    });
  }

  send(message: ClientMessage): void {
    this.up = this.up.then(() => this.carry(message));
  }

  close(code: string): void {
    if (this.dead) return;
    this.dead = true;
    this.ended();
    this.events.closed(code);
  }

  async deliver(message: HubMessage): Promise<void> {
    const fate = this.hub.fate('down', message);
    if (fate === 'cut') this.close('offline');
    if (this.dead || fate === 'lose') return;
    // Through bytes, as on a real wire.
    const times = fate === 'twice' ? 2 : 1;
    const frame = await encodeFrame(encodeMessage(message));
    for (let i = 0; i < times; i += 1) await this.events.message(decodeHubMessage(await decodeFrame(frame)), frame);
  }

  private async carry(message: ClientMessage): Promise<void> {
    const fate = this.hub.fate('up', message);
    if (fate === 'cut') this.close('offline');
    if (this.dead || fate === 'lose') return;
    const heard = readClientMessage(unpackValue(encodeMessage(message)));
    const times = fate === 'twice' ? 2 : 1;
    for (let i = 0; i < times; i += 1) await this.hub.hear(heard, (reply) => this.deliver(reply), this);
  }
}
