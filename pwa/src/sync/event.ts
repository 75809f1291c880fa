// The event: what is in a device's log (docs/protocol.md, section 2); the bodies' shapes are generated.
// Twin of sync/event.py.
//
// An event's bytes are encoded once, by its author, and never again by anyone: a reader decodes them, keeps them, hashes
// them and hands on the same bytes.

import type { Bytes } from './bytes';
import { DecodeError, packValue, unpackValue } from './codec';
import { EVENT_BYTES_MAX, EVENT_VERSION } from './generated/limits';
import { BODY_SHAPES, eventHeadShape, type Act, type BodyByType, type EventHead, type EventType } from './generated/types';
import { Raw, readValue } from './reader';
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

/** Half of a surrogate pair, as a text cut by UTF-16 units may end in: no UTF-8 can hold it, and no hub would take it. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(LONE_SURROGATE, '\ufffd');
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, wellFormed(item)]));
}

/**
 * An event's bytes, as its author fixes them for ever. Throws RangeError past EVENT_BYTES_MAX, or where a part of the
 * body is longer or otherwise than its type allows: the hub would refuse the whole.
 */
export function encodeEvent<K extends EventType>({ type, stream, hlc, actor, base, seen, body }: Draft<K>): Bytes {
  const data = packValue([EVENT_VERSION, type, stream, hlc, actor, base, seen, wellFormed(body)]);
  if (data.length > EVENT_BYTES_MAX) throw new RangeError(`event of ${String(data.length)} bytes`);
  if (findBody(decodeHead(data)) === null) throw new RangeError(`the body of ${type}`);
  return data;
}

/** What every node can read of any event, known type or not; its body stays bytes. Throws when the bytes are no event. */
export function decodeHead(data: Uint8Array): EventHead {
  return eventHeadShape(readValue(data), 'event');
}

/** The body by its type; nothing when the type is unknown here or the body has not its shape. */
export function findBody(head: EventHead): Typed | null {
  if (!Object.hasOwn(BODY_SHAPES, head.type) || !(head.body instanceof Raw)) return null;
  const type = head.type as EventType;
  try {
    return { type, body: BODY_SHAPES[type](unpackValue(head.body.bytes), 'body') } as Typed;
  } catch (error) {
    if (error instanceof ShapeError || error instanceof DecodeError) return null;
    throw error;
  }
}

/** All that an act says in words, a line each. */
export function wordsOf({ ground, opinion, reason }: Pick<Act, 'ground' | 'opinion' | 'reason'>): string {
  return [ground, opinion, reason].filter((words) => words !== '').join('\n');
}
