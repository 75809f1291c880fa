// The event: what is in a device's log (docs/protocol.md, section 2); the bodies' shapes are generated.
// Twin of sync/event.py.
//
// An event's bytes are encoded once, by its author, and never again by anyone: a reader decodes them, keeps them, hashes
// them and hands on the same bytes.

import type { Bytes } from './bytes';
import { packValue, unpackValue } from './codec';
import { EVENT_BYTES_MAX, EVENT_VERSION } from './generated/limits';
import { BODY_SHAPES, eventHeadShape, type BodyByType, type EventHead, type EventType } from './generated/types';
import { ShapeError } from './shape';

export type { Act, AttachmentStored, BodyByType, Edit, EventHead, EventType, ItemFacts, Material, Receive, Value } from './generated/types';

/** [device, seq] of an event. */
export type EventId = [device: number, seq: number];

/** A decoded body beside its type. */
export type Typed = { [K in EventType]: { type: K; body: BodyByType[K] } }[EventType];

/** An event as its author writes it. */
export type Draft<K extends EventType = EventType> = Omit<EventHead, 'version' | 'type' | 'body'> & {
  type: K;
  body: Partial<BodyByType[K]>;
};

/** An event's bytes, as its author fixes them for ever. Throws RangeError past EVENT_BYTES_MAX. */
export function encodeEvent<K extends EventType>({ type, stream, hlc, actor, base, seen, body }: Draft<K>): Bytes {
  const data = packValue([EVENT_VERSION, type, stream, hlc, actor, base, seen, body]);
  if (data.length > EVENT_BYTES_MAX) throw new RangeError(`event of ${String(data.length)} bytes`);
  return data;
}

/** What every node can read of any event, known type or not. Throws when the bytes are no event. */
export function decodeHead(data: Uint8Array): EventHead {
  return eventHeadShape(unpackValue(data), 'event');
}

/** The body by its type; nothing when the type is unknown here or the body has not its shape. */
export function findBody(head: EventHead): Typed | null {
  if (!Object.hasOwn(BODY_SHAPES, head.type)) return null;
  const type = head.type as EventType;
  try {
    return { type, body: BODY_SHAPES[type](head.body, 'body') } as Typed;
  } catch (error) {
    if (error instanceof ShapeError) return null;
    throw error;
  }
}
