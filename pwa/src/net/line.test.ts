// Where the line goes: to the hub while it is there, to the point's relay while it is not, and back.

import { afterEach, describe, expect, it } from 'vitest';

import { Line, type Detour, type LineHost, type Place, type PointEnd } from './line';
import { importPublicKey, makeDeviceKey, sign } from './sign';
import type { OpenWire, WireEvents } from './wire';
import { EMPTY } from '../sync/bytes';
import { ackStatement, helloStatement, relayStatement } from '../sync/chain';
import type { ClientMessage, Hello, HubMessage, Welcome } from '../sync/messages';

const ZONE = new Uint8Array(16);
const HASH = new Uint8Array(32);
const DEVICE = 12;
const RELAY = 7;
let line: Line | null = null;

afterEach(() => {
  line?.stop();
});

/** An end that can be taken away; `number` 0: the hub. */
class End {
  up = true;
  readonly key = makeDeviceKey();
  readonly sent: ClientMessage[] = [];
  private readonly wires = new Set<WireEvents>();

  constructor(
    private readonly number: number,
    /** Answers as if it were another. */
    private readonly claims = number,
  ) {}

  readonly open: OpenWire = (events) => {
    void this.greet(events);
    return {
      kind: 'socket',
      send: (message) => {
        this.sent.push(message);
      },
      close: (code) => {
        if (this.wires.delete(events) || !this.up) events.closed(code);
      },
    };
  };

  async say(message: HubMessage): Promise<void> {
    for (const events of this.wires) await events.message(message, EMPTY);
  }

  goDown(): void {
    this.up = false;
    for (const events of this.wires) events.closed('offline');
    this.wires.clear();
  }

  private async greet(events: WireEvents): Promise<void> {
    const hello = await events.hello();
    if (!this.up) {
      events.closed('offline');
      return;
    }
    this.wires.add(events);
    await events.message(await this.welcome(hello), EMPTY);
  }

  private async welcome({ nonce }: Hello): Promise<Welcome> {
    const { privateKey } = await this.key;
    const statement = this.number === 0 ? helloStatement(ZONE, 1, nonce) : relayStatement(ZONE, this.number, nonce, 0, HASH);
    const proof = await sign(privateKey, statement);
    return { type: 'welcome', protocol: 1, hub_ms: 1, epoch: this.number === 0 ? 1 : 0, session: false, seq: 0, link: HASH, feeds: [], app_version_min: '0', proof, challenge: HASH, relay: this.claims, revoked: false, epoch_proof: EMPTY };
  }
}

async function begin(hub: End, relay: End | null): Promise<{ places: Place[]; reach: (place: Place) => Promise<void>; problems: string[]; hubSpoke: () => number; hubIsBack: () => void }> {
  const places: Place[] = [];
  const problems: string[] = [];
  const waiting: { place: Place; resolve: () => void }[] = [];
  const hubKey = await importPublicKey((await hub.key).publicKey);
  const relayKey = relay === null ? null : await importPublicKey((await relay.key).publicKey);
  const host: LineHost = {
    zone: ZONE,
    device: DEVICE,
    hubKey,
    account: ZONE,
    appVersion: '0',
    start: () => Promise.resolve({ lastSeq: 0, ackedSeq: 0, epoch: 0, cursors: [] }),
    counts: () => ({ unsent: 0, refused: 0, unsentAttachments: 0 }),
    standing: () => Promise.resolve({ last_seq: 0, known_seq: 0, epoch: 0, reads: [], storage: '', used_bytes: 0, quota_bytes: 0, parted: [] }),
    parked: () => [],
    tail: () => Promise.reject(new Error('nothing to send')),
    linkAt: (seq) => (seq === 0 ? HASH : null),
    sign: () => Promise.resolve(new Uint8Array(64)),
    settle: () => Promise.resolve(),
    reopen: () => Promise.resolve(),
    beginEpoch: () => Promise.resolve(),
    takePage: () => Promise.resolve(null),
    forget: () => Promise.resolve(),
    recount: () => Promise.resolve([]),
    rewind: () => Promise.resolve(),
    withdraw: () => Promise.resolve(),
    greeted: () => Promise.resolve(),
    answered: () => undefined,
    defect: (error) => { throw error; },
    reached: (place) => {
      places.push(place);
      for (const one of waiting.filter((wanted) => wanted.place === place)) one.resolve();
    },
    problem: (code) => problems.push(code),
    now: Date.now,
  };
  let spoken = 0;
  let seen: () => void = () => undefined;
  const detour: Detour = {
    relay: () => Promise.resolve(relay === null || relayKey === null ? null : end(relay, relayKey, problems, () => { spoken += 1; })),
    lookOut: (tell) => {
      seen = tell;
      return () => undefined;
    },
  };
  line = new Line(host, { socket: hub.open, http: hub.open, random: () => 0, tickMs: 1_000, httpSpellMs: 1_000_000 }, detour);
  void line.run();
  return {
    places,
    problems,
    hubSpoke: () => spoken,
    hubIsBack: () => {
      seen();
    },
    reach: (place) => (places.at(-1) === place ? Promise.resolve() : new Promise((resolve) => waiting.push({ place, resolve }))),
  };
}

function end(relay: End, key: CryptoKey, problems: string[], hubSpoke: () => void): PointEnd {
  return {
    number: RELAY,
    key,
    open: relay.open,
    present: { type: 'present', content: HASH, signature: new Uint8Array(64) },
    feeds: ['zone', 'point:HALL'],
    journal: ZONE,
    n: 3,
    mark: 0,
    met: () => Promise.resolve(),
    stored: () => Promise.resolve(),
    hear: () => Promise.resolve({ unknown: false }),
    hubSpoke,
    problem: (code) => problems.push(code),
  };
}

describe('the line', () => {
  it('is at the hub while that is there, though a relay is known', async () => {
    const [hub, relay] = [new End(0), new End(RELAY)];
    const { reach, places } = await begin(hub, relay);
    await reach('hub');
    expect(relay.sent).toEqual([]);
    expect(places).not.toContain('point');
  });

  it('goes to the relay when the hub is gone, shows its pass and listens, and goes back', async () => {
    const [hub, relay] = [new End(0), new End(RELAY)];
    const { reach, hubIsBack } = await begin(hub, relay);
    await reach('hub');
    hub.goDown();
    await reach('point');
    expect(relay.sent.map(({ type }) => type)).toEqual(['present', 'report', 'subscribe', 'subscribe', 'neighbours']);
    hub.up = true;
    hubIsBack();
    await reach('hub');
  });

  it('takes what the hub newly signs at the relay for a hint that the hub is within reach', async () => {
    const [hub, relay] = [new End(0), new End(RELAY)];
    hub.up = false;
    const { reach, hubSpoke } = await begin(hub, relay);
    await reach('point');
    expect(hubSpoke()).toBe(0);
    const said = { epoch: 0, device: DEVICE, seq: 0, link: HASH, runs: [] };
    const signature = await sign((await hub.key).privateKey, ackStatement(ZONE, said));
    await relay.say({ type: 'ack', ...said, signature });
    await expect.poll(hubSpoke).toBe(1);
  });

  it('believes no relay that answers as the hub, and no hub as a relay', async () => {
    const [hub, relay] = [new End(0), new End(RELAY, 0)];
    hub.up = false;
    const { reach, places, problems } = await begin(hub, relay);
    await reach('none');
    await expect.poll(() => problems).toContain('not-the-hub');
    expect(places).not.toContain('point');
    const impostor = await begin(new End(0, RELAY), null);
    await expect.poll(() => impostor.problems).toContain('not-the-hub');
    expect(impostor.places).not.toContain('hub');
  });
});
