// The messages of the wire as bytes (docs/protocol.md, section 5); their shapes are generated. Twin of sync/messages.py.

import type { Bytes } from './bytes';
import { packValue } from './codec';
import { messageTuple, readClientMessage, readHubMessage, standingShape, standingTuple, type ClientMessage, type HubMessage, type Standing } from './generated/messages';
import { readValue } from './reader';

export type {
  Ack,
  ClientMessage,
  Compare,
  Entry,
  FaultMessage,
  FeedHead,
  Heard,
  Hello,
  HubMessage,
  Neighbours,
  Page,
  Present,
  Prints,
  Push,
  ReadTo,
  Run,
  Parted,
  Standing,
  Stored,
  Subscribe,
  Welcome,
} from './generated/messages';

/** A message's MessagePack bytes, without the frame. */
export function encodeMessage(message: ClientMessage | HubMessage): Bytes {
  return packValue(messageTuple(message));
}

/** What the hub said. Throws ShapeError, or what the decoder throws, on anything else. */
export function decodeHubMessage(payload: Uint8Array): HubMessage {
  return readHubMessage(readValue(payload));
}

/** What a device said, as a relay passes it on. Throws as `decodeHubMessage` does. */
export function decodeClientMessage(payload: Uint8Array): ClientMessage {
  return readClientMessage(readValue(payload));
}

/** A standing's bytes, which the device signs within its report. */
export function encodeStanding(said: Standing): Bytes {
  return packValue(standingTuple(said));
}

/** A standing, as a hub reads it. Throws as `decodeHubMessage` does. */
export function decodeStanding(bytes: Uint8Array): Standing {
  return standingShape(readValue(bytes), 'standing');
}
