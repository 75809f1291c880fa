// What others of the point wrote, as a relay passes it on: read with the authors' own signatures.
// Twin of sync/heard.py (docs/protocol.md, section 10).
//
// The relay's word counts for nothing: a push is its author's by the author's signature, a verdict the hub's by the hub's.

import type { Bytes } from './bytes';
import { ackStatement, foldLinks, pushStatement } from './chain';
import type { FullEntry } from './fold';
import { decodeClientMessage, decodeHubMessage, type Ack, type Heard, type Push } from './messages';

/** Whose signatures are looked for. */
export interface Ears {
  zone: Bytes;
  /** The hub's, as known here: what it refused in another one the restored hub may yet accept. */
  epoch: number;
  /** The public key of a device that is enrolled and not revoked, as the zone's feed says; else null. */
  keyOf(device: number): Bytes | null;
  verify(publicKey: Bytes, statement: Bytes, signature: Bytes): Promise<boolean>;
  isHubs(statement: Bytes, signature: Bytes): Promise<boolean>;
}

export type Hearing =
  /**
   * Keep `entries` (position and hub_ms 0) as unconfirmed; drop those `refused`; then keep the place. `unknown` devices are
   * not in the zone's feed here: once they are, hear it all again.
   */
  | { kind: 'taken'; journal: Bytes; n: number; entries: FullEntry[]; refused: [device: number, seq: number][]; unknown: number[] }
  /** Something in it is not what its author, or the hub, signed: drop all of it, and the connection. */
  | { kind: 'forged'; place: number };

/** Reads a part of a relay's journal. What devices unknown here wrote is left out. */
export async function takeHeard({ journal, n, items }: Heard, ears: Ears): Promise<Hearing> {
  const entries: FullEntry[] = [];
  const refused: [number, number][] = [];
  const unknown = new Set<number>();
  for (const [place, item] of items.entries()) {
    const message = read(item);
    if (message?.type === 'push') {
      const key = ears.keyOf(message.device);
      if (key === null) {
        unknown.add(message.device);
        continue;
      }
      if (!(await isAuthors(message, key, ears))) return { kind: 'forged', place };
      message.events.forEach((event, i) => entries.push([0, message.device, message.first_seq + i, 0, event]));
    } else if (message?.type === 'ack') {
      const { epoch, device, runs, signature } = message;
      if (!(await ears.isHubs(ackStatement(ears.zone, message), signature))) return { kind: 'forged', place };
      for (const run of epoch === ears.epoch ? runs : []) {
        if (run.position === 0 || run.code === 'ok') continue;
        for (let i = 0; i < run.count; i += 1) refused.push([device, run.first_seq + i]);
      }
    } else return { kind: 'forged', place };
  }
  return { kind: 'taken', journal, n, entries, refused, unknown: [...unknown].sort((a, b) => a - b) };
}

function isAuthors({ device, first_seq: firstSeq, base_link: baseLink, events, signature }: Push, key: Bytes, ears: Ears): Promise<boolean> {
  const link = foldLinks(baseLink, events).at(-1) ?? baseLink;
  return ears.verify(key, pushStatement(ears.zone, device, firstSeq + events.length - 1, link), signature);
}

function read(item: Bytes): Push | Ack | null {
  for (const decode of [decodeClientMessage, decodeHubMessage]) {
    try {
      const message = decode(item);
      return message.type === 'push' || message.type === 'ack' ? message : null;
    } catch {
      // Not of this kind, or of none: what it is then decides.
      continue;
    }
  }
  return null;
}
