// Hash chains and signed statements: the exact bytes that are hashed and signed (docs/protocol.md, section 3).
//
// Makes bytes only; keys and signatures are WebCrypto's and live with the caller. Twin of sync/chain.py.

import { sha256 } from '@noble/hashes/sha2.js';

import { be64, concat, utf8, writeBe64, type Bytes } from './bytes';

export const SUITE_P256 = 1;

const OK = utf8('ok');

// One hasher for all: to make one costs about as much as to hash a block, and a tablet that starts hashes every entry twice.
const fresh = sha256.create();
const hasher = sha256.create();

/** SHA-256 of the parts one after another: 32 bytes. Synchronous, so that a chain can be checked inside one turn. */
export function digest(...parts: readonly Uint8Array[]): Bytes {
  fresh._cloneInto(hasher);
  for (const part of parts) hasher.update(part);
  return hasher.digest() as Bytes;
}

/** link(0) of a device's log. */
export function logStart(publicKey: Uint8Array): Bytes {
  return digest(publicKey);
}

/** link(n) = H(link(n-1) ‖ event bytes). */
export function nextLink(link: Uint8Array, event: Uint8Array): Bytes {
  return digest(link, event);
}

/** The links after each of `events`, in order. */
export function foldLinks(link: Uint8Array, events: Iterable<Uint8Array>): Bytes[] {
  const links: Bytes[] = [];
  let last = link;
  for (const event of events) {
    const next = nextLink(last, event);
    links.push(next);
    last = next;
  }
  return links;
}

/** What the ledger and every feed chain: one entry. */
export function entryHash(
  position: number,
  device: number,
  seq: number,
  hubMs: number,
  verdict: string,
  event: Uint8Array,
): Bytes {
  const code = verdict === 'ok' ? OK : utf8(verdict);
  const head = new Uint8Array(33 + code.length);
  writeBe64(head, 0, position);
  writeBe64(head, 8, device);
  writeBe64(head, 16, seq);
  writeBe64(head, 24, hubMs);
  head[32] = code.length;
  head.set(code, 33);
  return digest(head, event);
}

/** hash(0) of a feed; the ledger's is that of the feed named "ledger". */
export function feedStart(name: string): Bytes {
  return digest(utf8(name));
}

/** hash(n) = H(hash(n-1) ‖ entry hash). */
export function nextHash(chain: Uint8Array, entry: Uint8Array): Bytes {
  return digest(chain, entry);
}

// The purpose keeps a signature made for one thing from standing for another.
function statement(purpose: string, zone: Uint8Array, ...parts: Uint8Array[]): Bytes {
  return concat(utf8(`zongchuang/1 ${purpose}\n`), zone, ...parts);
}

/** Signed by the device over its newest link of a push; vouches for all before it. */
export function pushStatement(zone: Uint8Array, device: number, seq: number, link: Uint8Array): Bytes {
  return statement('push', zone, be64(device), be64(seq), link);
}

/** What the hub signs of an `ack`. */
export interface AckParts {
  epoch: number;
  device: number;
  seq: number;
  link: Uint8Array;
  runs: readonly RunParts[];
}

/** A run of verdicts, as `ack` carries it. */
export interface RunParts {
  first_seq: number;
  count: number;
  position: number;
  hub_ms: number;
  code: string;
}

/**
 * Signed by the hub: all of this log up to `seq` is durable there, and this became of it. The verdicts are signed too,
 * since an ack may come by way of a relay; and the epoch, with whose end this is over.
 */
export function ackStatement(zone: Uint8Array, { epoch, device, seq, link, runs }: AckParts): Bytes {
  const said = runs.map(({ first_seq, count, position, hub_ms, code }) => {
    const text = utf8(code);
    return concat(be64(first_seq), be64(count), be64(position), be64(hub_ms), new Uint8Array([text.length]), text);
  });
  return statement('ack', zone, be64(epoch), be64(device), be64(seq), link, digest(concat(...said)));
}

/** Signed by a relay over the caller's nonce: this answer is its own, and it holds this log to there. */
export function relayStatement(zone: Uint8Array, relay: number, nonce: Uint8Array, seq: number, link: Uint8Array): Bytes {
  return statement('relay', zone, be64(relay), nonce, be64(seq), link);
}

/** Signed by a relay: all of this log up to `seq` that the hub lacks is durable there. */
export function atPointStatement(zone: Uint8Array, relay: number, device: number, seq: number, link: Uint8Array): Bytes {
  return statement('at-point', zone, be64(relay), be64(device), be64(seq), link);
}

/** Signed by the hub: who may read what at a relay, on which device, and how long. */
export function passStatement(zone: Uint8Array, content: Uint8Array): Bytes {
  return statement('pass', zone, content);
}

/** Signed by the hub: in this epoch the feed had this hash at length `n`. */
export function feedStatement(zone: Uint8Array, epoch: number, feed: string, n: number, chain: Uint8Array): Bytes {
  return statement('feed', zone, be64(epoch), be64(n), chain, utf8(feed));
}

/** Signed by the hub over the caller's nonce: the answer is the hub's own, in the epoch that it is in. */
export function helloStatement(zone: Uint8Array, epoch: number, nonce: Uint8Array): Bytes {
  return statement('hello', zone, be64(epoch), nonce);
}

/** Signed by the hub: this epoch has begun. Who hears it from anybody believes no older one any more. */
export function epochStatement(zone: Uint8Array, epoch: number): Bytes {
  return statement('epoch', zone, be64(epoch));
}

/** What a device reports of itself: events unsent and refused, photos unsent, its clock; and its encoded Standing. */
export interface Counted {
  unsent: number;
  refused: number;
  unsent_attachments: number;
  wall_ms: number;
  standing: Uint8Array;
}

/** Signed by the device: how things stand with it, and that it is the one who was asked. */
export function reportStatement(zone: Uint8Array, device: number, challenge: Uint8Array, said: Counted): Bytes {
  const counts = [said.unsent, said.refused, said.unsent_attachments, said.wall_ms].map(be64);
  return statement('report', zone, be64(device), challenge, ...counts, said.standing);
}

/** Signed by the device when a person signs in on it. */
export function signInStatement(zone: Uint8Array, device: number, challenge: Uint8Array, username: string): Bytes {
  return statement('sign-in', zone, be64(device), challenge, utf8(username));
}

/** Signed by a device: this key is mine too, and I am to be enrolled anew with it. */
export function successionStatement(zone: Uint8Array, device: number, publicKey: Uint8Array): Bytes {
  return statement('succession', zone, be64(device), publicKey);
}

/** A statement's own bytes, whose sense its purpose says, and the signature over the statement. */
export interface Signed {
  content: Bytes;
  signature: Bytes;
}

/** Signed by the hub: I have enrolled this device. */
export function enrolmentStatement(zone: Uint8Array, content: Uint8Array): Bytes {
  return statement('enrolment', zone, content);
}

/** Signed by the device when it offers the bytes of an attachment. */
export function attachmentStatement(zone: Uint8Array, device: number, sha: Uint8Array, size: number): Bytes {
  return statement('attachment', zone, be64(device), sha, be64(size));
}

/** Signed by the hub: in this epoch the bytes with this SHA-256 are durable there. */
export function attachmentStoredStatement(zone: Uint8Array, epoch: number, sha: Uint8Array, size: number): Bytes {
  return statement('stored', zone, be64(epoch), sha, be64(size));
}
