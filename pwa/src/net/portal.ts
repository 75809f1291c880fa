// Whether an answer is the hub's own. A captive portal answers everything with 200 and a page of its own: such an answer
// changes nothing here.

import { verify } from './sign';
import { ackStatement, feedStatement, helloStatement } from '../sync/chain';
import type { Bytes } from '../sync/bytes';
import type { HubMessage } from '../sync/messages';

export interface Trust {
  zone: Bytes;
  device: number;
  hubKey: CryptoKey;
}

/** Whether all that the message claims to be the hub's is signed by the hub; `nonce` is that of the last hello. */
export async function isGenuine(message: HubMessage, { zone, device, hubKey }: Trust, nonce: Bytes): Promise<boolean> {
  switch (message.type) {
    case 'welcome': {
      if (!(await verify(hubKey, message.proof, helloStatement(zone, nonce)))) return false;
      const heads = await Promise.all(
        message.feeds.map(({ feed, n, hash, signature }) => verify(hubKey, signature, feedStatement(zone, feed, n, hash))),
      );
      return heads.every(Boolean);
    }
    case 'ack':
      return message.device === device && verify(hubKey, message.signature, ackStatement(zone, device, message.seq, message.link, message.runs));
    case 'page': {
      if (message.head === null) return true;
      const { feed, n, hash, signature } = message.head;
      return feed === message.feed && verify(hubKey, signature, feedStatement(zone, feed, n, hash));
    }
    case 'stored':
    case 'heard':
    case 'verdicts':
    case 'pong':
    case 'fault':
      return true;
  }
}
