// Generated from sync/messages.py by scripts/generate.py; change that, not this.

import type { Bytes } from '../bytes';
import {
  ShapeError,
  bool,
  bytes,
  list,
  nullable,
  row,
  text,
  tuple,
  uint,
  type Shape,
} from '../shape';

/** [position, device, seq, hub_ms, event]; event is null where the reader wrote it. */
export type Entry = [number, number, number, number, Bytes | null];

/** `count` events from `first_seq` with consecutive positions from `position` and one verdict. */
export interface Run {
  first_seq: number;
  count: number;
  position: number;
  hub_ms: number;
  code: string;
}
export const runShape: Shape<Run> = row<Run>({
  first_seq: uint,
  count: uint,
  position: uint,
  hub_ms: uint,
  code: text(Infinity),
});

/** A feed's length and chain hash, signed by the hub over feed_statement in `epoch`. */
export interface FeedHead {
  feed: string;
  n: number;
  hash: Bytes;
  signature: Bytes;
  epoch: number;
}
export const feedHeadShape: Shape<FeedHead> = row<FeedHead>({
  feed: text(Infinity),
  n: uint,
  hash: bytes(32),
  signature: bytes(),
  epoch: uint,
});

/** How far a device has stored a feed: `n` entries, whose chain is `hash`. */
export interface ReadTo {
  feed: string;
  n: number;
  hash: Bytes;
}
export const readToShape: Shape<ReadTo> = row<ReadTo>({
  feed: text(Infinity),
  n: uint,
  hash: bytes(32),
});

/** Where a device's copy of a feed last turned out to be another than the hub's. */
export interface Parted {
  feed: string;
  n: number;
  at_ms: number;
}
export const partedShape: Shape<Parted> = row<Parted>({
  feed: text(Infinity),
  n: uint,
  at_ms: uint,
});

/** How a device stands beside the counts of its `report`: its log, what it reads, its storage. */
export interface Standing {
  last_seq: number;
  known_seq: number;
  epoch: number;
  reads: ReadTo[];
  storage: string;
  used_bytes: number;
  quota_bytes: number;
  parted: Parted[];
}
export const standingShape: Shape<Standing> = row<Standing>({
  last_seq: uint,
  known_seq: uint,
  epoch: uint,
  reads: list(readToShape),
  storage: text(Infinity),
  used_bytes: uint,
  quota_bytes: uint,
  parted: list(partedShape),
});

/** The first message. The hub answers `welcome`, or `fault` and closes. */
export interface Hello {
  type: 'hello';
  protocol: number;
  protocol_min: number;
  zone: Bytes;
  device: number;
  account: Bytes;
  app_version: string;
  wall_ms: number;
  nonce: Bytes;
  parked: number[];
}
export const helloShape: Shape<Omit<Hello, 'type'>> = row<Omit<Hello, 'type'>>({
  protocol: uint,
  protocol_min: uint,
  zone: bytes(16),
  device: uint,
  account: bytes(),
  app_version: text(Infinity),
  wall_ms: uint,
  nonce: bytes(32),
  parked: list(uint),
});

/** A contiguous run of the device's log, from `first_seq`; `base_link` is the link before it. */
export interface Push {
  type: 'push';
  device: number;
  first_seq: number;
  base_link: Bytes;
  events: Bytes[];
  signature: Bytes;
}
export const pushShape: Shape<Omit<Push, 'type'>> = row<Omit<Push, 'type'>>({
  device: uint,
  first_seq: uint,
  base_link: bytes(32),
  events: list(bytes()),
  signature: bytes(),
});

/** Send me this feed from after entry `n`, whose chain hash I hold, and go on as it grows. */
export interface Subscribe {
  type: 'subscribe';
  feed: string;
  n: number;
  hash: Bytes;
}
export const subscribeShape: Shape<Omit<Subscribe, 'type'>> = row<Omit<Subscribe, 'type'>>({
  feed: text(Infinity),
  n: uint,
  hash: bytes(32),
});

/** How does your chain of this feed go on after entry `after`, at every `step`-th of the next count x step entries? */
export interface Compare {
  type: 'compare';
  feed: string;
  after: number;
  step: number;
  count: number;
}
export const compareShape: Shape<Omit<Compare, 'type'>> = row<Omit<Compare, 'type'>>({
  feed: text(Infinity),
  after: uint,
  step: uint,
  count: uint,
});

/** What the console shows of a device: events unsent and refused, photos unsent, its clock. */
export interface Report {
  type: 'report';
  challenge: Bytes;
  unsent: number;
  refused: number;
  unsent_attachments: number;
  wall_ms: number;
  signature: Bytes;
  standing: Bytes;
}
export const reportShape: Shape<Omit<Report, 'type'>> = row<Omit<Report, 'type'>>({
  challenge: bytes(32),
  unsent: uint,
  refused: uint,
  unsent_attachments: uint,
  wall_ms: uint,
  signature: bytes(),
  standing: bytes(),
});

/** To a relay, before a `report`: what the hub lets this person read on this device. */
export interface Present {
  type: 'present';
  content: Bytes;
  signature: Bytes;
}
export const presentShape: Shape<Omit<Present, 'type'>> = row<Omit<Present, 'type'>>({
  content: bytes(),
  signature: bytes(),
});

/** To a relay: what other devices of the point pushed there after place `n` of its journal, and go on. */
export interface Neighbours {
  type: 'neighbours';
  journal: Bytes;
  n: number;
}
export const neighboursShape: Shape<Omit<Neighbours, 'type'>> = row<Omit<Neighbours, 'type'>>({
  journal: bytes(16),
  n: uint,
});

/** Answered by `pong` at once; a silent socket is a dead one. */
export interface Ping {
  type: 'ping';
  token: number;
}
export const pingShape: Shape<Omit<Ping, 'type'>> = row<Omit<Ping, 'type'>>({
  token: uint,
});

/** The answer to `hello`. `proof` is the hub's signature over hello_statement(zone, epoch, nonce). */
export interface Welcome {
  type: 'welcome';
  protocol: number;
  hub_ms: number;
  epoch: number;
  session: boolean;
  seq: number;
  link: Bytes;
  feeds: FeedHead[];
  app_version_min: string;
  proof: Bytes;
  challenge: Bytes;
  relay: number;
  revoked: boolean;
  epoch_proof: Bytes;
}
export const welcomeShape: Shape<Omit<Welcome, 'type'>> = row<Omit<Welcome, 'type'>>({
  protocol: uint,
  hub_ms: uint,
  epoch: uint,
  session: bool,
  seq: uint,
  link: bytes(32),
  feeds: list(feedHeadShape),
  app_version_min: text(Infinity),
  proof: bytes(),
  challenge: bytes(32),
  relay: uint,
  revoked: bool,
  epoch_proof: bytes(),
});

/** All of the device's log up to `seq` is durable at the hub; `runs` say what became of the pushed events. */
export interface Ack {
  type: 'ack';
  device: number;
  seq: number;
  link: Bytes;
  runs: Run[];
  signature: Bytes;
  epoch: number;
}
export const ackShape: Shape<Omit<Ack, 'type'>> = row<Omit<Ack, 'type'>>({
  device: uint,
  seq: uint,
  link: bytes(32),
  runs: list(runShape),
  signature: bytes(),
  epoch: uint,
});

/** What became of events that were parked, live or in answer to `hello.parked`. */
export interface Verdicts {
  type: 'verdicts';
  device: number;
  runs: Run[];
}
export const verdictsShape: Shape<Omit<Verdicts, 'type'>> = row<Omit<Verdicts, 'type'>>({
  device: uint,
  runs: list(runShape),
});

/** Entries after + 1 … after + len(entries) of a feed; `hash` is the chain after the last of them. */
export interface Page {
  type: 'page';
  feed: string;
  after: number;
  entries: Entry[];
  hash: Bytes;
  head: FeedHead | null;
}
export const pageShape: Shape<Omit<Page, 'type'>> = row<Omit<Page, 'type'>>({
  feed: text(Infinity),
  after: uint,
  entries: list(tuple(uint, uint, uint, uint, nullable(bytes()))),
  hash: bytes(32),
  head: nullable(feedHeadShape),
});

/** The answer to `compare`: the first PRINT_BYTES of the chain at each place asked for, as far as the feed goes. */
export interface Prints {
  type: 'prints';
  feed: string;
  after: number;
  step: number;
  prints: Bytes;
}
export const printsShape: Shape<Omit<Prints, 'type'>> = row<Omit<Prints, 'type'>>({
  feed: text(Infinity),
  after: uint,
  step: uint,
  prints: bytes(),
});

/** A relay holds, durably, all of the device's log up to `seq` that the hub has not acknowledged. */
export interface Stored {
  type: 'stored';
  device: number;
  seq: number;
  link: Bytes;
  signature: Bytes;
}
export const storedShape: Shape<Omit<Stored, 'type'>> = row<Omit<Stored, 'type'>>({
  device: uint,
  seq: uint,
  link: bytes(32),
  signature: bytes(),
});

/** Places of a relay's journal after `after`, up to `n`: each item a `push` or an `ack`, as it came there. */
export interface Heard {
  type: 'heard';
  journal: Bytes;
  after: number;
  n: number;
  items: Bytes[];
}
export const heardShape: Shape<Omit<Heard, 'type'>> = row<Omit<Heard, 'type'>>({
  journal: bytes(16),
  after: uint,
  n: uint,
  items: list(bytes()),
});

/** The answer to `ping`, with the hub's time in milliseconds. */
export interface Pong {
  type: 'pong';
  token: number;
  hub_ms: number;
}
export const pongShape: Shape<Omit<Pong, 'type'>> = row<Omit<Pong, 'type'>>({
  token: uint,
  hub_ms: uint,
});

/** A message was turned away: `code` is a Fault, `about` the kind of message (or the feed), `detail` for a log. */
export interface FaultMessage {
  type: 'fault';
  code: string;
  about: string;
  detail: string;
  seq: number;
}
export const faultMessageShape: Shape<Omit<FaultMessage, 'type'>> = row<Omit<FaultMessage, 'type'>>({
  code: text(Infinity),
  about: text(Infinity),
  detail: text(Infinity),
  seq: uint,
});

export type ClientMessage = Hello | Push | Subscribe | Compare | Report | Present | Neighbours | Ping;

/** Reads a decoded value as a client's message; throws ShapeError. */
export function readClientMessage(value: unknown): ClientMessage {
  if (!Array.isArray(value)) throw new ShapeError('message: no array');
  const [tag, ...fields] = value as unknown[];
  switch (tag) {
    case 'hello':
      return { type: 'hello', ...helloShape(fields, 'hello') };
    case 'push':
      return { type: 'push', ...pushShape(fields, 'push') };
    case 'subscribe':
      return { type: 'subscribe', ...subscribeShape(fields, 'subscribe') };
    case 'compare':
      return { type: 'compare', ...compareShape(fields, 'compare') };
    case 'report':
      return { type: 'report', ...reportShape(fields, 'report') };
    case 'present':
      return { type: 'present', ...presentShape(fields, 'present') };
    case 'neighbours':
      return { type: 'neighbours', ...neighboursShape(fields, 'neighbours') };
    case 'ping':
      return { type: 'ping', ...pingShape(fields, 'ping') };
    default:
      throw new ShapeError(`message: unknown ${String(tag)}`);
  }
}

export type HubMessage = Welcome | Ack | Verdicts | Page | Prints | Stored | Heard | Pong | FaultMessage;

/** Reads a decoded value as a hub's message; throws ShapeError. */
export function readHubMessage(value: unknown): HubMessage {
  if (!Array.isArray(value)) throw new ShapeError('message: no array');
  const [tag, ...fields] = value as unknown[];
  switch (tag) {
    case 'welcome':
      return { type: 'welcome', ...welcomeShape(fields, 'welcome') };
    case 'ack':
      return { type: 'ack', ...ackShape(fields, 'ack') };
    case 'verdicts':
      return { type: 'verdicts', ...verdictsShape(fields, 'verdicts') };
    case 'page':
      return { type: 'page', ...pageShape(fields, 'page') };
    case 'prints':
      return { type: 'prints', ...printsShape(fields, 'prints') };
    case 'stored':
      return { type: 'stored', ...storedShape(fields, 'stored') };
    case 'heard':
      return { type: 'heard', ...heardShape(fields, 'heard') };
    case 'pong':
      return { type: 'pong', ...pongShape(fields, 'pong') };
    case 'fault':
      return { type: 'fault', ...faultMessageShape(fields, 'fault') };
    default:
      throw new ShapeError(`message: unknown ${String(tag)}`);
  }
}

/** A message as the array that travels. */
export function messageTuple(m: ClientMessage | HubMessage): unknown[] {
  switch (m.type) {
    case 'hello':
      return ['hello', m.protocol, m.protocol_min, m.zone, m.device, m.account, m.app_version, m.wall_ms, m.nonce, m.parked];
    case 'push':
      return ['push', m.device, m.first_seq, m.base_link, m.events, m.signature];
    case 'subscribe':
      return ['subscribe', m.feed, m.n, m.hash];
    case 'compare':
      return ['compare', m.feed, m.after, m.step, m.count];
    case 'report':
      return ['report', m.challenge, m.unsent, m.refused, m.unsent_attachments, m.wall_ms, m.signature, m.standing];
    case 'present':
      return ['present', m.content, m.signature];
    case 'neighbours':
      return ['neighbours', m.journal, m.n];
    case 'ping':
      return ['ping', m.token];
    case 'welcome':
      return ['welcome', m.protocol, m.hub_ms, m.epoch, m.session, m.seq, m.link, m.feeds.map(feedHeadTuple), m.app_version_min, m.proof, m.challenge, m.relay, m.revoked, m.epoch_proof];
    case 'ack':
      return ['ack', m.device, m.seq, m.link, m.runs.map(runTuple), m.signature, m.epoch];
    case 'verdicts':
      return ['verdicts', m.device, m.runs.map(runTuple)];
    case 'page':
      return ['page', m.feed, m.after, m.entries, m.hash, m.head === null ? null : feedHeadTuple(m.head)];
    case 'prints':
      return ['prints', m.feed, m.after, m.step, m.prints];
    case 'stored':
      return ['stored', m.device, m.seq, m.link, m.signature];
    case 'heard':
      return ['heard', m.journal, m.after, m.n, m.items];
    case 'pong':
      return ['pong', m.token, m.hub_ms];
    case 'fault':
      return ['fault', m.code, m.about, m.detail, m.seq];
  }
}

function runTuple(row: Run): unknown[] {
  return [row.first_seq, row.count, row.position, row.hub_ms, row.code];
}

function feedHeadTuple(row: FeedHead): unknown[] {
  return [row.feed, row.n, row.hash, row.signature, row.epoch];
}

function readToTuple(row: ReadTo): unknown[] {
  return [row.feed, row.n, row.hash];
}

function partedTuple(row: Parted): unknown[] {
  return [row.feed, row.n, row.at_ms];
}

export function standingTuple(row: Standing): unknown[] {
  return [row.last_seq, row.known_seq, row.epoch, row.reads.map(readToTuple), row.storage, row.used_bytes, row.quota_bytes, row.parted.map(partedTuple)];
}
