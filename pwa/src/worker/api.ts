// What a screen may ask of the engine: the one door between the window and the worker (comlink carries it).
// Expected failures come back as values with a stable code; a thrown error is a defect.

import type { CaseQuery, CaseSummary, CaseView, RoleView } from '../cases/types';
import type { ItemRecord } from '../forms/item';

export type { ActionView, CaseQuery, CaseSummary, CaseView, ChangeView, HistoryRow, Holder, NextStep, RoleView, Tick } from '../cases/types';

export type Result<T> = { ok: true; value: T } | { ok: false; code: string; params?: Record<string, string | number> };

/** Where the line ends now; `asking`: nobody has answered yet, nor failed to. */
export type Reach = 'asking' | 'none' | 'point' | 'hub' | 'province';

export interface DeviceInfo {
  number: number;
  point: { id: string; name: string };
  name: string;
  kind: 'tablet' | 'desk';
}

export interface AccountView {
  id: string; // hex of the account's stream
  username: string;
  name: string;
  roles: RoleView[];
  grantUntilMs: number;
}

/** Someone who can unlock on this tablet with a PIN. */
export interface LocalUser {
  id: string;
  name: string;
  hasPin: boolean;
  grantUntilMs: number;
  /** No try before this time; wrong tries so far. Both survive a reload. */
  retryAtMs: number;
  failures: number;
}

export interface Status {
  device: DeviceInfo | null;
  account: AccountView | null; // unlocked now
  lostRoles: RoleView[]; // of this person, here: held at the sign-in and withdrawn since
  mayFetch: boolean; // this person may fetch cases of other points
  users: LocalUser[];
  reach: Reach;
  unsent: number; // events and photos that the hub has not confirmed
  unsentPhotos: number;
  refused: number;
  attention: number; // cases that need hands: refused, without effect, two values
  revokedMs: number; // when this device was heard to be out of service; 0: it is in service
  former: number; // cases of a former log that the hub did not take and that may be taken in again
  formerRead: boolean; // what the hub has is here, so that this is known; before that there may be fewer, and none may be
  lastReceivedMs: number; // 0: never
  sessionNeeded: boolean; // the hub wants a password before it sends anything new
  clockOffsetMs: number; // own clock minus hub's, as last seen
  storage: 'persistent' | 'best-effort' | 'failing';
  updateWaiting: boolean;
  leader: boolean; // this tab's engine holds the line
  problem: string | null; // a code to show: a save or the engine failed
}

/** What changed, so that a screen asks again for what it shows. */
export type Change =
  | { kind: 'status' }
  | { kind: 'cases'; ids: string[] }
  | { kind: 'drafts' }
  | { kind: 'reference' };

export type FieldValue = string | string[];

export interface PhotoRef {
  sha256: string; // hex
  size: number;
  mime: string;
}

export interface MaterialLine {
  id: string;
  status: 'provided' | 'exempt' | 'deferred' | 'missing';
  photos: PhotoRef[];
  note: string;
}

export interface Draft {
  id: string; // becomes the case's stream, hex
  itemId: string;
  window: string;
  fields: Record<string, FieldValue>;
  materials: MaterialLine[];
  updatedMs: number;
}

export interface ActInput {
  opinion?: string;
  reason?: string;
  ground?: string;
  missing?: { kind: 'material' | 'field'; id: string; note: string }[];
  deferred?: string[];
  fields?: Record<string, FieldValue>;
  materials?: MaterialLine[];
  manner?: 'in_person' | 'post' | 'electronic';
  recipient?: string;
  until?: string; // YYYY-MM-DD
  point?: string;
}

export interface OutboxRow {
  id: string; // of the event in the log, or of the photo: no two rows have the same
  caseId: string;
  type: string;
  title: string; // item and applicant
  savedMs: number;
  state: 'queued' | 'in_flight' | 'parked' | 'refused' | 'photo';
  code: string;
  progress: number; // 0 … 1, of a photo
}

/** What a device wrote of one case before it was enrolled anew, and the hub did not take. */
export interface FormerCase {
  caseId: string;
  itemName: string;
  applicantName: string;
  receiptNo: string;
  /** Another case has that receipt number by now: sent again, this one gets a new one. */
  renumbered: boolean;
  steps: { type: string; author: string; savedMs: number; code: string }[];
}

export interface Reference {
  items: ItemRecord[];
  points: { id: string; name: string }[];
  departments: { id: string; name: string; short: string }[];
  /** Who may put a device of this point into service. */
  administrators: { name: string; role: string }[];
  windows: { id: string; pointId: string; name: string; kind: string; departments: string[] }[];
}

export interface DeskApi {
  /**
   * Whether what is kept on this device could be opened. After `storage-upgrade` it is open as an earlier version left it:
   * `unlock`, `status` and `exportUnsent` go, nothing is written and there is no line. After any other code nothing goes.
   */
  opened(): Promise<Result<null>>;
  status(): Promise<Status>;
  /** Calls `listener` on every change, of this tab or another; the answer ends it. */
  subscribe(listener: (change: Change) => void): Promise<() => void>;

  enrol(code: string, name: string): Promise<Result<DeviceInfo>>;
  /** A device out of service gets a new key and number; its log is kept aside, and everybody signs in anew. */
  enrolAnew(code: string): Promise<Result<DeviceInfo>>;
  signIn(username: string, password: string): Promise<Result<AccountView>>;
  /** Needs a fresh sign-in in this worker. */
  setPin(pin: string): Promise<Result<null>>;
  unlock(accountId: string, pin: string): Promise<Result<AccountView>>;
  lock(): Promise<void>;
  /** Ends the session and forgets the keys here; unsent work stays. */
  signOut(): Promise<void>;

  reference(): Promise<Reference>;

  /** Durable when it resolves ok. Drafts are the author's alone. */
  saveDraft(draft: Draft): Promise<Result<null>>;
  draft(id: string): Promise<Result<Draft>>;
  deleteDraft(id: string): Promise<Result<null>>;
  /** Stores a re-encoded photograph, durably; its bytes go up once a case refers to it. */
  savePhoto(bytes: ArrayBuffer, mime: string): Promise<Result<PhotoRef>>;
  /** The bytes, from here or from the hub. */
  photo(sha256: string): Promise<Result<Blob>>;

  /** Makes the case of a draft: numbers it, appends it to the log and removes the draft, in one transaction. */
  receive(draftId: string): Promise<Result<{ caseId: string; receiptNo: string }>>;
  act(caseId: string, type: string, input: ActInput): Promise<Result<null>>;
  edit(caseId: string, fields: Record<string, FieldValue>, materials: MaterialLine[]): Promise<Result<null>>;

  /** Asks the hub for a case of another point by its receipt or case number: it is here from then on. Needs the line. */
  fetchCase(number: string, reason: string): Promise<Result<{ caseId: string }>>;
  /** What is written into the sheet of an act and not done yet; the author's alone, durable when it resolves ok. */
  keepWords(caseId: string, type: string, words: ActInput): Promise<Result<null>>;
  wordsOf(caseId: string, type: string): Promise<ActInput | null>;
  dropWords(caseId: string, type: string): Promise<Result<null>>;

  cases(query: CaseQuery): Promise<CaseSummary[]>;
  caseView(id: string): Promise<CaseView | null>;

  outbox(): Promise<OutboxRow[]>;
  /** The log and what photos are unsent as one file, encrypted with a passphrase (PBKDF2, AES-GCM). */
  exportUnsent(passphrase: string): Promise<Result<Blob>>;
  /** What was not taken of former logs, oldest first. `former-unread`: `read` of `all` entries are here by which that is told; all 0: the hub has not said. */
  former(): Promise<Result<FormerCase[]>>;
  /** Writes all that was not taken of a case anew, of former logs or for its author's right alone, as this device and person; receipt numbers stay as printed, unless another case has them. */
  renew(caseId: string): Promise<Result<null>>;
  /** The person has taken note of these own steps, by their seq: refused or without effect, they are not counted in `attention` any more. */
  takeNote(seqs: number[]): Promise<Result<null>>;
  syncNow(): Promise<void>;
}
