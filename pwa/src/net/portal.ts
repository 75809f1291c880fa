// Whether an answer is the hub's own, or of the point's relay what it may say. A captive portal answers everything with 200 and a page of its own: such an answer
// changes nothing here.

import { verify } from './sign';
import { ackStatement, atPointStatement, epochStatement, feedStatement, helloStatement, relayStatement } from '../sync/chain';
import { equalBytes, type Bytes } from '../sync/bytes';
import type { FeedHead, HubMessage } from '../sync/messages';

export interface Trust {
  zone: Bytes;
  device: number;
  hubKey: CryptoKey;
}

/**
 * Whether all that the message claims to be the hub's is signed by the hub; `nonce` is that of the last hello. In which
 * epoch it was signed, the message says; whether that one still counts, the session.
 */
export async function isGenuine(message: HubMessage, { zone, device, hubKey }: Trust, nonce: Bytes): Promise<boolean> {
  switch (message.type) {
    case 'welcome': {
      // A relay's answer is none of the hub's.
      const { epoch } = message;
      if (message.relay !== 0 || !(await verify(hubKey, message.proof, helloStatement(zone, epoch, nonce)))) return false;
      const heads = await Promise.all(message.feeds.map((head) => head.epoch === epoch && isHead(head, zone, hubKey)));
      return heads.every(Boolean);
    }
    case 'ack':
      return message.device === device && verify(hubKey, message.signature, ackStatement(zone, message));
    case 'page': {
      if (message.head === null) return true;
      return message.head.feed === message.feed && isHead(message.head, zone, hubKey);
    }
    case 'prints':
    case 'stored':
    case 'heard':
    case 'verdicts':
    case 'pong':
    case 'fault':
      return true;
  }
}

function isHead({ epoch, feed, n, hash, signature }: FeedHead, zone: Bytes, hubKey: CryptoKey): Promise<boolean> {
  return verify(hubKey, signature, feedStatement(zone, epoch, feed, n, hash));
}

/** An acknowledgement of another log than this one, however well signed, confirms nothing. */
export function fitsLog(message: HubMessage, linkAt: (seq: number) => Bytes | null): boolean {
  if (message.type !== 'ack' && message.type !== 'stored') return true;
  const link = linkAt(message.seq);
  return link !== null && equalBytes(link, message.link);
}

/** Who is to answer at the point. */
export interface RelayTrust {
  number: number;
  key: CryptoKey;
}

/**
 * Whether a relay's message may be believed: the relay's own signature over what it did, the hub's over everything else.
 * A page must end where the hub signed. What is in `heard` is verified where it is read (sync/heard.ts).
 */
export async function isGenuineAtPoint(message: HubMessage, trust: Trust, relay: RelayTrust, nonce: Bytes): Promise<boolean> {
  const { zone, device } = trust;
  switch (message.type) {
    case 'welcome': {
      const { seq, link, proof, epoch } = message;
      if (message.relay !== relay.number || !(await verify(relay.key, proof, relayStatement(zone, relay.number, nonce, seq, link)))) return false;
      // One that never met the hub says 0, of which there is no proof and no need for one.
      return epoch === 0 || verify(trust.hubKey, message.epoch_proof, epochStatement(zone, epoch));
    }
    case 'stored': {
      const { seq, link, signature } = message;
      return message.device === device && verify(relay.key, signature, atPointStatement(zone, relay.number, device, seq, link));
    }
    case 'page': {
      const { head, after, entries, hash } = message;
      if (head === null || head.n !== after + entries.length || !equalBytes(head.hash, hash)) return false;
      return isGenuine(message, trust, nonce);
    }
    case 'ack':
    case 'prints':
    case 'heard':
    case 'verdicts':
    case 'pong':
    case 'fault':
      return isGenuine(message, trust, nonce);
  }
}
