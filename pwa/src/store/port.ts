// The door to what a tablet keeps: rows in, rows out, every write one transaction. What is personal comes here sealed.
//
// Two implementations, IndexedDB and memory, pass one contract suite (store.test.ts). A write that fails is a value with a
// code, never an exception and never silence: the person at the window must be told. What cannot be read is a StoreFailed.

import { equalBytes, type Bytes } from '../sync/bytes';
import type { Signed } from '../sync/chain';
import type { Parted } from '../sync/messages';
import type { StoreCode } from './failure';

export type Saved<C extends string = never> = { ok: true } | { ok: false; code: StoreCode | C; detail: string };

/** Who this tablet is; one row. */
export interface DeviceRow {
  number: number;
  name: string;
  kind: 'tablet' | 'desk';
  point: { id: string; name: string };
  zone: Bytes;
  publicKey: Bytes;
  /** Not extractable: only this profile can sign with it. */
  privateKey: CryptoKey;
  hubKey: Bytes;
  /** The newest epoch that the hub has signed; a later one means that it was restored. 0: none is known. */
  epoch: number;
  /** The relays of its point, as the hub named them at its enrolment; earlier versions did not keep them. */
  relays?: RelayRow[];
  /** When the hub was first heard to say that this device is out of service; 0 or absent: it is in service. */
  revokedMs?: number;
  /** Whether the hub's signature said so; an answer over HTTP may be anybody's. */
  revokedProven?: boolean;
  /** The hub has another log under this number; absent: nobody has said so. */
  forked?: boolean;
  /** What the hub signed at the enrolment of each number that this device had, the oldest first; earlier versions kept none. */
  enrolments?: readonly Signed[];
  /** Where copies of feeds last turned out to be others than the hub's, one of each feed. */
  parted?: readonly Parted[];
  /** Photographs that the hub has signed for, and that went from here when the device was put out of service. */
  droppedPhotos?: readonly string[];
}

/** A relay of this tablet's point. */
export interface RelayRow {
  number: number;
  /** Such as https://relay.hall.zone.example; no slash at the end. */
  address: string;
  publicKey: Bytes;
}

/** What changes with time and belongs to no event. */
export interface ClockRow {
  /** The last reading of the hybrid clock that an event of this tablet carries. */
  hlc: Bytes;
  /** The newest hub time seen: the own clock cannot be turned back past it. */
  hubMs: number;
  /** Own clock minus hub's, as last seen. */
  offsetMs: number;
  /** How much of the own log a relay of the point holds, as last said; earlier versions did not keep it. */
  pointSeq?: number;
}

export type LogState = 'queued' | 'accepted' | 'parked' | 'refused';

/** An event of the own log. */
export interface LogRow {
  seq: number;
  stream: string;
  actor: string;
  /** The event's bytes, sealed under the tablet's key. */
  sealed: Bytes;
  link: Bytes;
  savedMs: number;
  state: LogState;
  code: string;
  position: number;
  hubMs: number;
  /** The hub's signature over the end of the log covers it. */
  acked: boolean;
  /** What it says was written before, there, and not taken; earlier versions did not keep it. */
  renews?: Place;
}

/** Where an event stands: in the log of which number, and as which. */
export interface Place {
  device: number;
  seq: number;
}

/** An event of a log that this device kept under a former number. */
export interface FormerRow extends LogRow {
  device: number;
  /** When what it says was written anew; 0: it was not. */
  renewedMs: number;
  /** Where it was written anew, the last time; earlier versions did not keep it. */
  renewedAs?: Place;
}

export type Settlement = Pick<LogRow, 'seq' | 'state' | 'code' | 'position' | 'hubMs' | 'acked'>;

/** One page of a feed as received, sealed under the tablet's key. */
export interface PageRow {
  feed: string;
  after: number;
  count: number;
  sealed: Bytes;
}

export interface FeedRow {
  feed: string;
  n: number;
  hash: Bytes;
  /** When its newest page came, by this device's clock; earlier versions did not keep it. */
  receivedMs?: number;
  /** Another number once it was set back or begun anew, so that every tab notices; earlier versions began without one. */
  rewound?: number;
}

export interface DraftRow {
  id: string;
  owner: string;
  /** The draft, sealed under its owner's key. */
  sealed: Bytes;
  updatedMs: number;
  /** The photographs that it refers to, by hex; earlier versions did not say. */
  photos?: string[];
}

export interface PhotoRow {
  sha256: string;
  size: number;
  mime: string;
  sealed: Bytes;
  /** When it was last taken or picked. */
  savedMs: number;
  /** When the hub's signature said that it holds the bytes; 0: not yet. */
  sentMs: number;
}

/** Someone who can unlock on this tablet. */
export interface UserRow {
  id: string;
  username: string;
  name: string;
  roles: { role: string; point: string; dept: string }[];
  /** The hub's time when it said so, at a sign-in; earlier versions did not keep it. */
  rolesMs?: number;
  /** The feeds that the hub last let this person read. */
  feeds: string[];
  /** How far these went when the hub last greeted this person here, and under which number; kept where there is a former log. */
  greeting?: { device: number; heads: Pick<FeedRow, 'feed' | 'n' | 'hash'>[] };
  /** The positions of steps that the hub refused or that had no effect, of which this person has taken note. */
  noted?: number[];
  grantUntilMs: number;
  salt: Bytes;
  /** Both keys, wrapped under the PIN's; null: no PIN yet, or too many wrong ones. */
  wrapped: Bytes | null;
  failures: number;
  retryAtMs: number;
  /** What the hub lets this person read at the point's relay, signed by it; earlier versions did not keep it. */
  pass?: Signed;
  /** The keys at rest, sealed by the hub for a hub that has lost them; earlier versions kept none. */
  escrow?: { tablet: Bytes; user: Bytes };
}

/** How many receipt numbers were given on a day. */
export interface CounterRow {
  day: string;
  value: number;
}

/** An append to the log and all that must be true together with it. */
export interface Append {
  /** The log's end that the rows were made for; another one: `head-moved`, and nothing is written. */
  afterSeq: number;
  rows: LogRow[];
  hlc: Bytes;
  counter: CounterRow | null;
  draftDone: string | null;
  /** The event, of a former log or of this one, that is written anew by this, which has the place `as`. */
  renews: (Place & { atMs: number; as: Place }) | null;
}

export interface Store {
  /** Why nothing can be written here but how often a PIN was tried; null: it can. */
  readonly barrier: 'storage-upgrade' | null;

  findDevice(): Promise<DeviceRow | null>;
  putDevice(device: DeviceRow, clock: ClockRow): Promise<Saved>;
  /** `revokedMs` 0: the hub says that the device is in service. `proven`: its signature says what is kept. */
  putRevoked(revokedMs: number, proven: boolean): Promise<Saved>;
  putForked(forked: boolean): Promise<Saved>;
  putParted(parted: readonly Parted[]): Promise<Saved>;
  putEnrolments(enrolments: readonly Signed[]): Promise<Saved>;
  putDroppedPhotos(sha256s: readonly string[]): Promise<Saved>;
  /**
   * The device is another one from now on: its log begins anew and the old one is kept aside, feeds are fetched anew (they
   * leave out what the old one wrote), nobody's grant or pass holds, no relay has any of the log. Drafts, photographs, people and the clock stay.
   */
  succeed(device: DeviceRow): Promise<Saved>;
  /** The logs kept aside, in order. */
  former(): Promise<FormerRow[]>;
  clock(): Promise<ClockRow>;
  /** Keeps the hub's newest time; never lowers hubMs. */
  putHubTime(hubMs: number, offsetMs: number): Promise<Saved>;
  /** Keeps the hub's newest epoch; never goes back to an older one. */
  putEpoch(epoch: number): Promise<Saved>;

  putPointSeq(seq: number): Promise<Saved>;

  log(afterSeq: number): Promise<LogRow[]>;
  /** The same rows again are written once: a store that was cut off while it wrote cannot say whether it had. */
  append(append: Append): Promise<Saved<'head-moved'>>;
  settle(settlements: readonly Settlement[]): Promise<Saved>;
  counter(day: string): Promise<number>;

  feeds(): Promise<FeedRow[]>;
  pages(feed: string, after: number): Promise<PageRow[]>;
  /** The page and its feed's new end, if the feed still ends where the page begins; else `head-moved`. */
  putPage(page: PageRow, feed: FeedRow): Promise<Saved<'head-moved'>>;
  forgetFeed(feed: string): Promise<Saved>;
  /** The feed ends with `feed` now: pages after `feed.n` go, and `cut` takes the place of the one that began before it. `head-moved`: it does not end at `from`. */
  rewindFeed(from: number, feed: FeedRow, cut: PageRow | null): Promise<Saved<'head-moved'>>;

  drafts(owner: string): Promise<DraftRow[]>;
  findDraft(id: string): Promise<DraftRow | null>;
  putDraft(draft: DraftRow): Promise<Saved>;
  deleteDraft(id: string): Promise<Saved>;

  /** All photos without their bytes. */
  photos(): Promise<Omit<PhotoRow, 'sealed'>[]>;
  findPhoto(sha256: string): Promise<PhotoRow | null>;
  /** The same bytes are the same photo: of a row that is there only the time is renewed. */
  putPhoto(photo: PhotoRow): Promise<Saved>;
  putPhotoSent(sha256: string, sentMs: number): Promise<Saved>;
  /** No photo counts as sent any more: the hub that said so was restored. */
  unsendPhotos(): Promise<Saved>;
  /** Deletes each that is still as given and that no draft refers to; none, while a draft does not say to which it does. */
  dropPhotos(photos: readonly Pick<PhotoRow, 'sha256' | 'savedMs' | 'sentMs'>[]): Promise<Saved>;

  users(): Promise<UserRow[]>;
  findUser(id: string): Promise<UserRow | null>;
  putUser(user: UserRow): Promise<Saved>;
  /** These people unlock nothing here any more: the wrapped keys go, and what lets them read at a relay. */
  dropKeys(ids: readonly string[]): Promise<Saved>;
  /** The feeds and how far they go alone: the PIN and its count may be written by another tab at the same moment. */
  putUserFeeds(id: string, feeds: string[], greeting?: UserRow['greeting']): Promise<Saved>;
  /** This person has taken note of what stands at these positions as well. */
  addNoted(id: string, positions: readonly number[]): Promise<Saved>;

  close(): void;
}

export const CLOCK_START: ClockRow = { hlc: new Uint8Array(8), hubMs: 0, offsetMs: 0 };

/** Of these photographs, those that no draft refers to: nothing is known of a draft that does not say. */
export function unclaimed<P extends { sha256: string }>(photos: readonly P[], drafts: readonly DraftRow[]): P[] {
  if (drafts.some(({ photos: named }) => named === undefined)) return [];
  const claimed = new Set(drafts.flatMap(({ photos: named = [] }) => named));
  return photos.filter(({ sha256 }) => !claimed.has(sha256));
}

/** Whether nobody took the photo again, sent it or took back that it was sent. */
export function isUnchanged(kept: Pick<PhotoRow, 'savedMs' | 'sentMs'> | undefined, seen: Pick<PhotoRow, 'savedMs' | 'sentMs'>): boolean {
  return kept !== undefined && kept.savedMs === seen.savedMs && kept.sentMs === seen.sentMs;
}

/** A log as it stands among the former ones: with what of it was written anew, and where the last time. */
export function asFormer(log: readonly LogRow[], device: number): FormerRow[] {
  const renewals = new Map(log.flatMap(({ seq, savedMs, renews }) => (renews?.device === device ? [[renews.seq, { seq, savedMs }] as const] : [])));
  return log.map((row) => {
    const renewal = renewals.get(row.seq);
    return renewal === undefined ? { ...row, device, renewedMs: 0 } : { ...row, device, renewedMs: renewal.savedMs, renewedAs: { device, seq: renewal.seq } };
  });
}

export function withNoted(user: UserRow, positions: readonly number[]): UserRow {
  return { ...user, noted: [...new Set([...(user.noted ?? []), ...positions])] };
}

/** Whether the log holds the first of these rows already, by what is kept where it belongs. */
export function isThere([first]: readonly LogRow[], kept: LogRow | undefined): boolean {
  return first !== undefined && kept !== undefined && equalBytes(first.link, kept.link);
}

export const SAVED = { ok: true } as const;

export function headMoved(detail: string): { ok: false; code: 'head-moved'; detail: string } {
  return { ok: false, code: 'head-moved', detail };
}
