// The messages of the wire, each an array whose first element names it (docs/protocol.md, section 5).
// Twin of sync/messages.py.

import { packValue, unpackValue } from './codec';
import type { Bytes } from './bytes';
import { bool, bytes, line, list, nullable, row, ShapeError, text, uint, type Shape } from './shape';

/** [position, device, seq, hub_ms, event]; event is null where the reader wrote it and holds the bytes itself. */
export type Entry = readonly [position: number, device: number, seq: number, hubMs: number, event: Bytes | null];

export interface Hello {
  kind: 'hello';
  protocol: number;
  protocolMin: number;
  zone: Bytes;
  device: number;
  account: Bytes;
  appVersion: string;
  wallMs: number;
  nonce: Bytes;
  parked: number[];
  unsent: number;
  refused: number;
}

export interface Push {
  kind: 'push';
  device: number;
  firstSeq: number;
  baseLink: Bytes;
  events: Bytes[];
  signature: Bytes;
}

export interface Subscribe {
  kind: 'subscribe';
  feed: string;
  n: number;
  hash: Bytes;
}

export interface Report {
  kind: 'report';
  unsent: number;
  refused: number;
  unsentAttachments: number;
  wallMs: number;
}

export interface Ping {
  kind: 'ping';
  token: number;
}

export interface FeedHead {
  feed: string;
  n: number;
  hash: Bytes;
  signature: Bytes;
}

export interface Welcome {
  kind: 'welcome';
  protocol: number;
  hubMs: number;
  epoch: Bytes;
  session: boolean;
  seq: number;
  link: Bytes;
  feeds: FeedHead[];
  appVersionMin: string;
  proof: Bytes;
}

/** `count` events from `firstSeq` with consecutive positions and one verdict; position 0: parked. */
export interface Run {
  firstSeq: number;
  count: number;
  position: number;
  hubMs: number;
  code: string;
}

export interface Ack {
  kind: 'ack';
  device: number;
  seq: number;
  link: Bytes;
  runs: Run[];
  signature: Bytes;
}

export interface Verdicts {
  kind: 'verdicts';
  device: number;
  runs: Run[];
}

export interface Page {
  kind: 'page';
  feed: string;
  after: number;
  entries: Entry[];
  hash: Bytes;
  head: FeedHead | null;
}

export interface Pong {
  kind: 'pong';
  token: number;
  hubMs: number;
}

export interface Fault {
  kind: 'fault';
  code: string;
  about: string;
  detail: string;
  seq: number;
}

export type ClientMessage = Hello | Push | Subscribe | Report | Ping;
export type HubMessage = Welcome | Ack | Verdicts | Page | Pong | Fault;

/** A message's MessagePack bytes, without the frame. */
export function encodeMessage(message: ClientMessage): Bytes {
  switch (message.kind) {
    case 'hello': {
      const { kind, protocol, protocolMin, zone, device, account, appVersion, wallMs, nonce, parked, unsent, refused } = message;
      return packValue([kind, protocol, protocolMin, zone, device, account, appVersion, wallMs, nonce, parked, unsent, refused]);
    }
    case 'push':
      return packValue(['push', message.device, message.firstSeq, message.baseLink, message.events, message.signature]);
    case 'subscribe':
      return packValue(['subscribe', message.feed, message.n, message.hash]);
    case 'report':
      return packValue(['report', message.unsent, message.refused, message.unsentAttachments, message.wallMs]);
    case 'ping':
      return packValue(['ping', message.token]);
  }
}

const feedHead = row<FeedHead>({ feed: text(), n: uint, hash: bytes(32), signature: bytes() });
const run = row<Run>({ firstSeq: uint, count: uint, position: uint, hubMs: uint, code: text() });
const eventBytes = nullable(bytes());

const entry: Shape<Entry> = (value, where) => {
  if (!Array.isArray(value) || value.length !== 5) throw new ShapeError(`${where}: no entry`);
  const [position, device, seq, hubMs, event] = value as unknown[];
  return [uint(position, where), uint(device, where), uint(seq, where), uint(hubMs, where), eventBytes(event, where)];
};

type Named<K extends HubMessage['kind']> = Extract<HubMessage, { kind: K }>;
type ShapeByKind = { [K in HubMessage['kind']]: Shape<Named<K>> };

// The name itself stands first in the array and is known by then.
function named<K extends HubMessage['kind']>(
  kind: K,
  members: { [M in keyof Omit<Named<K>, 'kind'>]-?: Shape<Named<K>[M & keyof Named<K>]> },
): Shape<Named<K>> {
  const read = row<Record<string, unknown>>({ kind: text(), ...members } as Record<string, Shape<unknown>>);
  return (value, where) => ({ ...read(value, where), kind }) as unknown as Named<K>;
}

const SHAPE_BY_KIND: ShapeByKind = {
  welcome: named('welcome', {
    protocol: uint,
    hubMs: uint,
    epoch: bytes(16),
    session: bool,
    seq: uint,
    link: bytes(32),
    feeds: list(feedHead),
    appVersionMin: text(),
    proof: bytes(),
  }),
  ack: named('ack', { device: uint, seq: uint, link: bytes(32), runs: list(run), signature: bytes() }),
  verdicts: named('verdicts', { device: uint, runs: list(run) }),
  page: named('page', { feed: line, after: uint, entries: list(entry), hash: bytes(32), head: nullable(feedHead) }),
  pong: named('pong', { token: uint, hubMs: uint }),
  fault: named('fault', { code: text(), about: text(), detail: text(), seq: uint }),
};

/** What the hub said. Throws ShapeError, or what the decoder throws, on anything else. */
export function decodeHubMessage(payload: Uint8Array): HubMessage {
  const value = unpackValue(payload);
  const kind: unknown = Array.isArray(value) ? value[0] : undefined;
  if (typeof kind !== 'string' || !Object.hasOwn(SHAPE_BY_KIND, kind)) throw new ShapeError('no message of a hub');
  return SHAPE_BY_KIND[kind as HubMessage['kind']](value, kind);
}
