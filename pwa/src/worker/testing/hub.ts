// A hub in memory for tests of the engine: it orders, signs, refuses and feeds as docs/protocol.md says, and its wire
// can lose, repeat and cut. It judges nothing by itself: a test says what it refuses or parks.

import { importPublicKey, verify } from '../../net/sign';
import type { OpenWire } from '../../net/wire';
import { equalBytes, fromBase64Url, toBase64Url, toHex, type Bytes } from '../../sync/bytes';
import * as chain from '../../sync/chain';
import { pack } from '../../sync/clock';
import { decodeHead, encodeEvent, type BodyByType, type EventType } from '../../sync/event';
import type { Report } from '../../sync/generated/messages';
import { PAGE_ENTRIES_MAX } from '../../sync/generated/limits';
import { HUB_DEVICE } from '../../sync/replica';
import type { ClientMessage, Entry, FeedHead, Hello, HubMessage, Push, Run } from '../../sync/messages';
import { FakeFeed } from './feed';
import { FakePhotos } from './photos';
import { FakeWire, type Fate } from './wire';

interface DeviceLog {
  publicKey: Bytes;
  events: Bytes[];
  links: Bytes[];
  runs: Run[];
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export class FakeHub {
  readonly zone = crypto.getRandomValues(new Uint8Array(16));
  epoch = 1;
  readonly account = crypto.getRandomValues(new Uint8Array(16));
  /** Whom the username `zhao` stands for; any other is that of `account`. */
  readonly colleague = crypto.getRandomValues(new Uint8Array(16));
  readonly keys = { tablet: crypto.getRandomValues(new Uint8Array(32)), user: crypto.getRandomValues(new Uint8Array(32)) };
  readonly uploads = new FakePhotos((sha256, size) => this.sign(chain.attachmentStoredStatement(this.zone, this.epoch, sha256, size)));
  /** What a sign-in is signed with, as base64url; null: a hub of before. */
  pass: { content: string; signature: string } | null = null;
  readonly logs = new Map<number, DeviceLog>();
  readonly pushes: number[] = [];
  /** The devices that were enrolled anew, by their former numbers. */
  readonly successions: number[] = [];
  /** What was pushed of logs that had forked. */
  readonly branches: Bytes[][] = [];
  /** What devices proved of themselves, the newest last. */
  readonly reports: Report[] = [];
  nowMs = 1_795_400_000_000;
  down = false;
  session = true;
  /** Devices enrolled after the backup from which this hub was restored; each may show what was signed for it. */
  readonly lost = new Set<number>();
  /** What a device of the next enrolment or sign-in is given to keep; null: by a hub of before. */
  certifies = true;
  /** Devices out of service. */
  readonly revoked = new Set<number>();
  readable = ['zone', 'point:HALL'];
  /** A portal: everything answers 200 with a page. */
  portal = false;
  judge: (type: string, seq: number) => { code: string; parked: boolean } = () => ({ code: 'ok', parked: false });
  fate: (way: 'up' | 'down', message: ClientMessage | HubMessage) => Fate = () => 'pass';
  private position = 0;
  private hubSeq = 0;
  private readonly challenges = new Set<string>();
  private readonly feeds = new Map<string, FakeFeed>();
  private readonly wires = new Set<FakeWire>();

  private constructor(private readonly pair: CryptoKeyPair) {}

  static async make(): Promise<FakeHub> {
    return new FakeHub(await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']));
  }

  /** Writes a record or another event of the hub's own into feeds. */
  publish<K extends EventType>(type: K, stream: Bytes, body: BodyByType[K], feeds: string[] = ['zone']): void {
    this.hubSeq += 1;
    const actor = new Uint8Array(0);
    const event = encodeEvent({ type, stream, hlc: pack(this.nowMs, 0), actor, base: 0, seen: [], body });
    this.place(HUB_DEVICE, this.hubSeq, event, feeds);
  }

  /** What another device has written, as if it had been pushed. */
  enter(device: number, seq: number, event: Bytes, feeds: string[]): number {
    return this.place(device, seq, event, feeds);
  }

  /** Restores a backup in which this device's log ended at `seq`. */
  restore(device: number, seq: number): void {
    const log = this.logs.get(device);
    if (log === undefined) return;
    log.events.length = seq;
    log.links.length = seq;
    this.epoch += 1_000;
    this.feeds.delete('point:HALL');
  }

  /** Goes on as if all after entry `n` of the feed had never been. */
  lose(feed: string, n: number): void {
    this.feedOf(feed).lose(n);
  }

  cut(): void {
    for (const wire of [...this.wires]) wire.close('offline');
  }

  /** Says this to everybody who is connected. */
  async say(message: HubMessage): Promise<void> {
    for (const wire of this.wires) await wire.deliver(message);
  }

  wire(): OpenWire {
    return (events) => {
      const wire = new FakeWire(this, events, () => this.wires.delete(wire));
      this.wires.add(wire);
      return wire;
    };
  }

  readonly fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> => {
    if (this.portal) return new Response('<html>login</html>', { headers: { 'content-type': 'text/html' } });
    if (this.down) throw new TypeError('fetch failed');
    const path = new URL(url instanceof Request ? url.url : url).pathname;
    const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : {};
    if (path === '/api/enrol') return this.enrol(body);
    if (path === '/api/enrol/again') return this.readmit(body['enrolments'] as { content: string }[]);
    if (path === '/api/challenge') return Response.json({ challenge: toBase64Url(new Uint8Array(32)) });
    if (path === '/api/sign-in') return await this.signIn(body);
    if (path === '/api/sign-out') return Response.json({});
    if (path === '/health') return Response.json({ status: 'ok', protocol: 1 });
    if (path.startsWith('/api/uploads') && init !== undefined) return this.uploads.answer(path, init);
    return Response.json({ code: 'not-found', message: '', params: {} }, { status: 404 });
  };

  async hear(message: ClientMessage, reply: (message: HubMessage) => Promise<void>, wire: FakeWire): Promise<void> {
    switch (message.type) {
      case 'hello':
        if (this.lost.has(message.device)) {
          await reply({ type: 'fault', code: 'device-unknown', about: 'hello', detail: '', seq: 0 });
          return;
        }
        wire.device = message.device;
        await reply(await this.welcome(message));
        return;
      case 'push':
        await this.take(message, reply);
        return;
      case 'subscribe':
        wire.places.set(message.feed, message.n);
        await this.feed(wire, message.feed, reply, message.hash);
        return;
      case 'compare':
        await reply(this.feedOf(message.feed).prints(message));
        return;
      case 'ping':
        await reply({ type: 'pong', token: message.token, hub_ms: this.nowMs });
        return;
      case 'report':
        await this.believe(wire.device, message, reply);
        return;
    }
  }

  private async believe(device: number, report: Report, reply: (message: HubMessage) => Promise<void>): Promise<void> {
    const key = await importPublicKey(this.logOf(device).publicKey);
    const statement = chain.reportStatement(this.zone, device, report.challenge, report);
    if (this.challenges.has(toHex(report.challenge)) && (await verify(key, report.signature, statement))) this.reports.push(report);
    else await reply({ type: 'fault', code: 'report-invalid', about: 'report', detail: '', seq: 0 });
  }

  private async welcome({ device, nonce }: Hello): Promise<HubMessage> {
    const log = this.logOf(device);
    const session = this.session && !this.revoked.has(device);
    const names = session ? this.readable : [];
    const challenge = crypto.getRandomValues(new Uint8Array(32));
    this.challenges.add(toHex(challenge));
    return {
      type: 'welcome',
      protocol: 1,
      hub_ms: this.nowMs,
      epoch: this.epoch,
      session,
      seq: log.events.length,
      link: log.links.at(-1) ?? chain.logStart(log.publicKey),
      feeds: await Promise.all(names.map((name) => this.head(name))),
      app_version_min: '0',
      proof: await this.sign(chain.helloStatement(this.zone, this.epoch, nonce)),
      challenge,
      relay: 0,
      revoked: this.revoked.has(device),
      epoch_proof: await this.sign(chain.epochStatement(this.zone, this.epoch)),
    };
  }

  private async take({ device, first_seq, base_link, events }: Push, reply: (message: HubMessage) => Promise<void>): Promise<void> {
    const log = this.logOf(device);
    const known = log.events.length;
    this.pushes.push(events.length);
    const refuse = (code: string): Promise<void> => reply({ type: 'fault', code, about: 'push', detail: '', seq: known });
    if (first_seq > known + 1) return refuse('chain-gap');
    const base = first_seq === 1 ? chain.logStart(log.publicKey) : log.links[first_seq - 2];
    const agrees = log.events.slice(first_seq - 1).every((event, i) => equalBytes(event, events[i] ?? event));
    if (base === undefined || !equalBytes(base, base_link) || !agrees) {
      this.branches.push(events);
      return refuse('chain-fork');
    }
    events.forEach((event, i) => {
      const seq = first_seq + i;
      if (seq <= log.events.length) return;
      log.links.push(chain.nextLink(log.links.at(-1) ?? chain.logStart(log.publicKey), event));
      log.events.push(event);
      log.runs[seq - 1] = this.rule(device, seq, event);
    });
    const seq = log.events.length;
    const link = log.links.at(-1) ?? base_link;
    const runs = log.runs.slice(first_seq - 1, first_seq - 1 + events.length);
    const said = { epoch: this.epoch, device, seq, link, runs };
    await reply({ type: 'ack', ...said, signature: await this.sign(chain.ackStatement(this.zone, said)) });
    await this.grow();
  }

  private rule(device: number, seq: number, event: Bytes): Run {
    const { type } = decodeHead(event);
    const { code, parked } = this.revoked.has(device) ? { code: 'device-revoked', parked: false } : this.judge(type, seq);
    const run = { first_seq: seq, count: 1, hub_ms: this.nowMs, code };
    if (parked) return { ...run, position: 0 };
    const position = code === 'ok' ? this.place(device, seq, event, ['point:HALL']) : (this.position += 1);
    return { ...run, position };
  }

  private place(device: number, seq: number, event: Bytes, feeds: string[]): number {
    this.position += 1;
    for (const name of feeds) this.feedOf(name).append([this.position, device, seq, this.nowMs, event]);
    return this.position;
  }

  /** Sends what has come since to everybody who reads it. */
  async grow(): Promise<void> {
    for (const wire of this.wires) {
      for (const feed of wire.places.keys()) await this.feed(wire, feed, (message) => wire.deliver(message));
    }
  }

  private async feed(wire: FakeWire, name: string, reply: (message: HubMessage) => Promise<void>, held?: Bytes): Promise<void> {
    const feed = this.feedOf(name);
    const { entries } = feed;
    const after = wire.places.get(name) ?? 0;
    const ahead = after > entries.length;
    if (ahead || (held !== undefined && !equalBytes(held, feed.hashAt(after)))) {
      wire.places.delete(name);
      await reply({ type: 'fault', code: ahead ? 'feed-ahead' : 'feed-hash', about: name, detail: '', seq: 0 });
      return;
    }
    const sent = entries.slice(after, after + PAGE_ENTRIES_MAX);
    const n = after + sent.length;
    wire.places.set(name, n);
    const told = sent.map(([position, device, seq, hubMs, event]): Entry => [position, device, seq, hubMs, device === wire.device ? null : event]);
    const hash = feed.hashAt(n);
    const head = n === entries.length ? await this.head(name) : null;
    await reply({ type: 'page', feed: name, after, entries: told, hash, head });
  }

  private async head(name: string): Promise<FeedHead> {
    const feed = this.feedOf(name);
    const n = feed.entries.length;
    const hash = feed.hashAt(n);
    const signature = await this.sign(chain.feedStatement(this.zone, this.epoch, name, n, hash));
    return { feed: name, n, hash, signature, epoch: this.epoch };
  }

  private async enrol(body: Record<string, unknown>): Promise<Response> {
    if (body['code'] !== 'CODE') return Response.json({ code: 'enrolment-unknown', message: '', params: {} }, { status: 404 });
    const device = 12 + this.logs.size;
    const former = body['former'] as { device: number } | undefined;
    if (former !== undefined) this.successions.push(former.device);
    const publicKey = fromBase64Url(String(body['public_key']));
    this.logs.set(device, { publicKey, events: [], links: [], runs: [] });
    const hubKey = new Uint8Array(await crypto.subtle.exportKey('raw', this.pair.publicKey));
    return Response.json({
      device,
      point: { id: 'HALL', name: '大厅' },
      kind: 'tablet',
      zone: toHex(this.zone),
      hub_public_key: toBase64Url(hubKey),
      hub_ms: this.nowMs,
      enrolment: await this.certificate(device),
    });
  }

  private async certificate(device: number): Promise<{ content: string; signature: string } | null> {
    const content = Uint8Array.of(device);
    const signature = await this.sign(chain.enrolmentStatement(this.zone, content));
    return this.certifies ? { content: toBase64Url(content), signature: toBase64Url(signature) } : null;
  }

  private readmit(enrolments: { content: string }[]): Response {
    const device = atob(enrolments.at(-1)?.content ?? '').charCodeAt(0);
    this.lost.delete(device);
    return Response.json({});
  }

  /** As a restored hub does that has not got them: it makes others, until it is shown what it once sealed. */
  loseKeys(): void {
    for (const whose of ['tablet', 'user'] as const) this.keys[whose] = crypto.getRandomValues(new Uint8Array(32));
  }

  /** Sealed enough for a test: nobody but this hub reads it backwards. */
  private openKeys(escrow: Record<string, string>): void {
    for (const whose of ['tablet', 'user'] as const) {
      const shown = escrow[whose];
      if (shown !== undefined) this.keys[whose] = fromBase64Url(shown).reverse();
    }
  }

  private async signIn(body: Record<string, unknown>): Promise<Response> {
    const device = Number(body['device']);
    if (this.lost.has(device)) return Response.json({ code: 'device-unknown', message: '', params: {} }, { status: 404 });
    if (body['password'] !== 'right') return Response.json({ code: 'sign-in-failed', message: '', params: {} }, { status: 401 });
    this.openKeys(body['escrow'] as Record<string, string>);
    const { tablet, user } = this.keys;
    const roles = [{ role: 'window_clerk', point: 'HALL', dept: '' }];
    return Response.json({
      account: body['username'] === 'zhao' ? { id: toHex(this.colleague), username: 'zhao', name: '赵受理', roles } : { id: toHex(this.account), username: 'li', name: '李受理', roles },
      grant: { from_ms: this.nowMs, until_ms: this.nowMs + 72 * 3_600_000 },
      keys: { tablet: toBase64Url(tablet), user: toBase64Url(user) },
      escrow: this.certifies ? { tablet: toBase64Url(Uint8Array.from(tablet).reverse()), user: toBase64Url(Uint8Array.from(user).reverse()) } : null,
      pass: this.pass,
      enrolment: await this.certificate(device),
      hub_ms: this.nowMs,
    });
  }

  private async sign(statement: Bytes): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.sign(ALGORITHM, this.pair.privateKey, statement));
  }

  private feedOf(name: string): FakeFeed {
    const feed = this.feeds.get(name) ?? new FakeFeed(name);
    this.feeds.set(name, feed);
    return feed;
  }

  private logOf(device: number): DeviceLog {
    const log = this.logs.get(device);
    if (log === undefined) throw new Error(`no device ${String(device)}`);
    return log;
  }
}
