// What a tablet keeps in memory of its log, what is said to write to it, and where both stand when sealed.

import { StoreFailed } from '../store/failure';
import type { Append, CounterRow, LogRow } from '../store/port';
import { own, toHex, type Bytes } from '../sync/bytes';
import { decodeFrame, isFrame, unpackValue } from '../sync/codec';
import { findBody, type BodyByType, type EventHead, type EventType } from '../sync/event';
import type { FullEntry } from '../sync/fold';
import { decodeHubMessage, type Entry } from '../sync/messages';
import type { Changed, OwnEvent } from '../sync/replica';

/** A log row with its event's own bytes, read once. */
export interface Logged extends LogRow {
  event: Bytes;
  head: EventHead;
}

/** What an author says; stream, clock, base and place are added here. */
export interface Authored<K extends EventType = EventType> {
  type: K;
  stream: Bytes;
  body: Partial<BodyByType[K]>;
  /** What it rests on, where that is not all that is here now. */
  on?: Pick<EventHead, 'base' | 'seen'> | undefined;
}

/** What is made while the log's end is held: the event, and what must be written with it. */
export interface Making {
  authored: Authored;
  counter: CounterRow | null;
  draftDone: string | null;
  renews: Append['renews'];
}

/** Read once: what waits is counted after every change, over the whole log. */
const photosByHead = new WeakMap<EventHead, string[] | null>();

/** The photographs that an event names, by hex; null: what it says cannot be read here. */
export function photosOf(head: EventHead): string[] | null {
  const known = photosByHead.get(head);
  if (known !== undefined) return known;
  const photos = readPhotos(head);
  photosByHead.set(head, photos);
  return photos;
}

function readPhotos(head: EventHead): string[] | null {
  const typed = findBody(head);
  if (typed === null) return null;
  const materials = 'materials' in typed.body ? typed.body.materials : [];
  return materials.flatMap(({ photos }) => photos.map(({ sha256 }) => toHex(sha256)));
}

/** A row as the replica takes it. */
export function ownEventOf(device: number, { seq, head, state, code, savedMs, hubMs, acked, position, renews }: Logged): OwnEvent {
  const source = { position: 0, device, seq, hubMs: 0, head };
  return { source, state, code, savedMs, hubMs, acked, position, renews: renews ?? null };
}

/** The entries of a page as it is kept: in the frame that it came in. Earlier versions kept its entries alone. */
export async function readPage(kept: Bytes): Promise<Entry[]> {
  if (!isFrame(kept)) return unpackValue(kept) as Entry[];
  const message = decodeHubMessage(await decodeFrame(kept));
  if (message.type !== 'page') throw new StoreFailed('storage-lost', `a ${message.type} is kept as a page`);
  return message.entries;
}

/** A page as stored leaves out the bytes of own events: they are in the log. */
export function fillOwn(entries: readonly Entry[], eventAt: (seq: number) => Bytes | undefined): FullEntry[] {
  return entries.map(([position, device, seq, hubMs, sent]) => {
    const event = sent ?? eventAt(seq);
    if (event === undefined) throw new StoreFailed('storage-lost', `event ${String(seq)} of a page is not in the log`);
    return [position, device, seq, hubMs, own(event)];
  });
}

export const logPlace = (seq: number): string => `log:${String(seq)}`;
export const pagePlace = (feed: string, after: number): string => `page:${feed}:${String(after)}`;
export const nothing = (): Changed => ({ cases: new Set(), reference: false });

export function merge(into: Changed, more: Changed): void {
  for (const id of more.cases) into.cases.add(id);
  into.reference ||= more.reference;
}
