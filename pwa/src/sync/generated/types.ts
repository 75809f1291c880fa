// Generated from sync/event.py by scripts/generate.py; change that, not this.

import type { Bytes } from '../bytes';
import {
  anything,
  bool,
  bytes,
  either,
  list,
  may,
  must,
  record,
  row,
  struct,
  text,
  tuple,
  uint,
  type Shape,
} from '../shape';

export type Value = string | string[];
export type Fields = Record<string, Value>;

const key = text(64, /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/u);
const isText = (value: unknown): boolean => typeof value === 'string';
const value = either(text(4000), isText, list(text(200), 64));
const fields = record<Value>(value, key, 128);

/** What the case must know of its item; copied when it is received, since a case keeps the version in force. */
export interface ItemFacts {
  id: string;
  version: string;
  code: string;
  type_code: string;
  case_type: string;
  mode: string;
}
export const itemFactsShape: Shape<ItemFacts> = struct<ItemFacts>({
  id: must(key),
  version: must(text(200)),
  code: must(text(200)),
  type_code: must(text(200)),
  case_type: must(text(200)),
  mode: must(text(200)),
});

/** Who asks: a person or an organisation. */
export interface Applicant {
  name: string;
  id_type: string;
  id_no: string;
  phone: string;
}
export const applicantShape: Shape<Applicant> = struct<Applicant>({
  name: must(text(200)),
  id_type: must(text(200)),
  id_no: must(text(200)),
  phone: may(text(200), () => ''),
});

/** A scan of a material: its bytes travel apart from the event, named by their SHA-256. */
export interface Photo {
  sha256: Bytes;
  size: number;
  mime: string;
}
export const photoShape: Shape<Photo> = struct<Photo>({
  sha256: must(bytes(32)),
  size: must(uint),
  mime: must(text(200)),
});

/** One line of the checklist. status: provided | exempt | deferred | missing. */
export interface Material {
  id: string;
  status: 'provided' | 'exempt' | 'deferred' | 'missing';
  photos: Photo[];
  note: string;
}
export const materialShape: Shape<Material> = struct<Material>({
  id: must(key),
  status: must((text(Infinity, /^(provided|exempt|deferred|missing)$/u) as Shape<'provided' | 'exempt' | 'deferred' | 'missing'>)),
  photos: may(list(photoShape, 20), () => []),
  note: may(text(200), () => ''),
});

/** One defect of a one-time correction notice. kind: material | field. */
export interface Missing {
  kind: 'material' | 'field';
  id: string;
  note: string;
}
export const missingShape: Shape<Missing> = struct<Missing>({
  kind: must((text(Infinity, /^(material|field)$/u) as Shape<'material' | 'field'>)),
  id: must(key),
  note: may(text(200), () => ''),
});

/** A role held at a point or in a department (neither: in the whole zone) for a span of time; until 0: open. */
export interface Role {
  role: string;
  point: string;
  dept: string;
  from_ms: number;
  until_ms: number;
}
export const roleShape: Shape<Role> = struct<Role>({
  role: must(key),
  point: may(text(200), () => ''),
  dept: may(text(200), () => ''),
  from_ms: may(uint, () => 0),
  until_ms: may(uint, () => 0),
});

/** case.receive, case.submit_online: opens a case; from `prereview_passed` it carries the same again. */
export interface Receive {
  item: ItemFacts;
  point: string;
  dept: string;
  applicant: Applicant;
  fields: Fields;
  materials: Material[];
  window: string;
  receipt_no: string;
  person: string;
}
export const receiveShape: Shape<Receive> = struct<Receive>({
  item: must(itemFactsShape),
  point: must(key),
  dept: must(key),
  applicant: must(applicantShape),
  fields: must(fields),
  materials: must(list(materialShape, 64)),
  window: may(text(200), () => ''),
  receipt_no: may(text(200), () => ''),
  person: may(text(Infinity, /^([0-9a-f]{32})?$/u), () => ''),
});

/** Every other act of the lifecycle table; which of these it must carry is said there (`needs`). */
export interface Act {
  opinion: string;
  reason: string;
  ground: string;
  missing: Missing[];
  deferred: string[];
  fields: Fields;
  materials: Material[];
  manner: string;
  recipient: string;
  until: string;
  point: string;
}
export const actShape: Shape<Act> = struct<Act>({
  opinion: may(text(4000), () => ''),
  reason: may(text(4000), () => ''),
  ground: may(text(200), () => ''),
  missing: may(list(missingShape, 128), () => []),
  deferred: may(list(key, 64), () => []),
  fields: may(fields, () => ({})),
  materials: may(list(materialShape, 64), () => []),
  manner: may(text(200), () => ''),
  recipient: may(text(200), () => ''),
  until: may(text(200), () => ''),
  point: may(text(200), () => ''),
});

/** case.edit: changed fields and materials, outside any transition. */
export interface Edit {
  fields: Fields;
  materials: Material[];
}
export const editShape: Shape<Edit> = struct<Edit>({
  fields: may(fields, () => ({})),
  materials: may(list(materialShape, 64), () => []),
});

/** case.number: the hub gives the official case number when an acceptance is confirmed. */
export interface Numbered {
  case_no: string;
}
export const numberedShape: Shape<Numbered> = struct<Numbered>({
  case_no: must(text(200)),
});

/** case.attachment: the hub says that it holds the bytes of a photo, durably. */
export interface AttachmentStored {
  sha256: Bytes;
  size: number;
  mime: string;
}
export const attachmentStoredShape: Shape<AttachmentStored> = struct<AttachmentStored>({
  sha256: must(bytes(32)),
  size: must(uint),
  mime: must(text(200)),
});

/** case.fetch, by the hub in a person's name: from now on the case is read at this point as well. */
export interface Fetch {
  point: string;
  reason: string;
  device: number;
}
export const fetchShape: Shape<Fetch> = struct<Fetch>({
  point: must(key),
  reason: must(text(200)),
  device: must(uint),
});

/** point.set, window.set, department.set, item.publish, bundle.set, resource.set, duty.set: the last one stands. */
export interface ZoneRecord {
  id: string;
  record: Record<string, unknown>;
}
export const zoneRecordShape: Shape<ZoneRecord> = struct<ZoneRecord>({
  id: must(key),
  record: must(record(anything, text(Infinity))),
});

/** account.set: who a person is and what the person may do. Secrets are never in an event. */
export interface AccountSet {
  username: string;
  name: string;
  roles: Role[];
  closed: boolean;
}
export const accountSetShape: Shape<AccountSet> = struct<AccountSet>({
  username: must(text(200)),
  name: must(text(200)),
  roles: must(list(roleShape)),
  closed: may(bool, () => false),
});

/** grant.issue, in the account's stream and in no feed: this account may work on this device for this span. */
export interface GrantIssue {
  device: number;
  from_ms: number;
  until_ms: number;
}
export const grantIssueShape: Shape<GrantIssue> = struct<GrantIssue>({
  device: must(uint),
  from_ms: must(uint),
  until_ms: must(uint),
});

/** grant.show, by the device in the account's stream and in no feed: what the hub signed at the sign-in (a Pass). */
export interface GrantShow {
  content: Bytes;
  signature: Bytes;
}
export const grantShowShape: Shape<GrantShow> = struct<GrantShow>({
  content: must(bytes()),
  signature: must(bytes()),
});

/** session.end, in a stream of its own: what was signed for this account on this device up to `at_ms` is over. */
export interface SessionEnd {
  account: Bytes;
  device: number;
  at_ms: number;
}
export const sessionEndShape: Shape<SessionEnd> = struct<SessionEnd>({
  account: must(bytes(16)),
  device: must(uint),
  at_ms: must(uint),
});

/** device.enrol: a device's number, key, point. kind: hub | tablet | desk | relay; of a relay, its address. */
export interface DeviceEnrol {
  number: number;
  suite: number;
  public_key: Bytes;
  point: string;
  name: string;
  kind: string;
  address: string;
  former: number;
}
export const deviceEnrolShape: Shape<DeviceEnrol> = struct<DeviceEnrol>({
  number: must(uint),
  suite: must(uint),
  public_key: must(bytes()),
  point: must(text(200)),
  name: must(text(200)),
  kind: must(text(200)),
  address: may(text(200), () => ''),
  former: may(uint, () => 0),
});

/** device.revoke: from now on the hub refuses what this device pushes, and keeps it. */
export interface DeviceRevoke {
  number: number;
  reason: string;
}
export const deviceRevokeShape: Shape<DeviceRevoke> = struct<DeviceRevoke>({
  number: must(uint),
  reason: must(text(200)),
});

/** epoch.begin: the hub was restored; its own positions and numbers go on from that moment (sync/epoch.py). */
export interface EpochBegin {
  after: number;
  backed_up_ms: number;
  restored_ms: number;
}
export const epochBeginShape: Shape<EpochBegin> = struct<EpochBegin>({
  after: must(uint),
  backed_up_ms: must(uint),
  restored_ms: must(uint),
});

/** backup.made: all up to this position is in a backup, too, taken at that time: it can be lost no more. */
export interface BackupMade {
  position: number;
  taken_ms: number;
}
export const backupMadeShape: Shape<BackupMade> = struct<BackupMade>({
  position: must(uint),
  taken_ms: must(uint),
});

/** An event with its body still encoded: what every node can read of any event, known type or not. */
export interface EventHead {
  version: number;
  type: string;
  stream: Bytes;
  hlc: Bytes;
  actor: Bytes;
  base: number;
  seen: [number, number][];
  body: unknown;
}
export const eventHeadShape: Shape<EventHead> = row<EventHead>({
  version: uint,
  type: text(Infinity, /^[a-z]+\.[a-z_]{1,40}$/u),
  stream: bytes(16),
  hlc: bytes(8),
  actor: bytes(16, 0),
  base: uint,
  seen: list(tuple(uint, uint), 256),
  body: anything,
});

export type Body =
  | Receive
  | Act
  | Edit
  | Numbered
  | AttachmentStored
  | Fetch
  | ZoneRecord
  | AccountSet
  | GrantIssue
  | GrantShow
  | SessionEnd
  | DeviceEnrol
  | DeviceRevoke
  | EpochBegin
  | BackupMade;

export const RECORD_TYPES = [
  'point.set',
  'window.set',
  'department.set',
  'item.publish',
  'bundle.set',
  'resource.set',
  'duty.set',
] as const;

export const ACT_TYPES = [
  'case.prereview_return',
  'case.resubmit_online',
  'case.prereview_pass',
  'case.request_correction',
  'case.supplement',
  'case.lapse',
  'case.refuse_acceptance',
  'case.accept',
  'case.accept_with_deferral',
  'case.deem_accepted',
  'case.supply_deferred',
  'case.transfer',
  'case.decide_on_the_spot',
  'case.assign_review',
  'case.suspend',
  'case.resume',
  'case.extend',
  'case.review_opinion',
  'case.send_back',
  'case.approve',
  'case.deny',
  'case.seal_and_make',
  'case.deliver',
  'case.deliver_denial',
  'case.archive',
  'case.withdraw',
  'case.terminate',
] as const;

export const OPENING_TYPES = [
  'account.set',
  'backup.made',
  'bundle.set',
  'case.receive',
  'case.submit_online',
  'department.set',
  'device.enrol',
  'duty.set',
  'epoch.begin',
  'item.publish',
  'point.set',
  'resource.set',
  'session.end',
  'window.set',
] as const;

/** The body of each type of event. */
export interface BodyByType {
  'case.receive': Receive;
  'case.submit_online': Receive;
  'case.prereview_return': Act;
  'case.resubmit_online': Act;
  'case.prereview_pass': Act;
  'case.request_correction': Act;
  'case.supplement': Act;
  'case.lapse': Act;
  'case.refuse_acceptance': Act;
  'case.accept': Act;
  'case.accept_with_deferral': Act;
  'case.deem_accepted': Act;
  'case.supply_deferred': Act;
  'case.transfer': Act;
  'case.decide_on_the_spot': Act;
  'case.assign_review': Act;
  'case.suspend': Act;
  'case.resume': Act;
  'case.extend': Act;
  'case.review_opinion': Act;
  'case.send_back': Act;
  'case.approve': Act;
  'case.deny': Act;
  'case.seal_and_make': Act;
  'case.deliver': Act;
  'case.deliver_denial': Act;
  'case.archive': Act;
  'case.withdraw': Act;
  'case.terminate': Act;
  'case.edit': Edit;
  'case.number': Numbered;
  'case.attachment': AttachmentStored;
  'case.fetch': Fetch;
  'point.set': ZoneRecord;
  'window.set': ZoneRecord;
  'department.set': ZoneRecord;
  'item.publish': ZoneRecord;
  'bundle.set': ZoneRecord;
  'resource.set': ZoneRecord;
  'duty.set': ZoneRecord;
  'account.set': AccountSet;
  'grant.issue': GrantIssue;
  'grant.show': GrantShow;
  'session.end': SessionEnd;
  'device.enrol': DeviceEnrol;
  'device.revoke': DeviceRevoke;
  'epoch.begin': EpochBegin;
  'backup.made': BackupMade;
}

export type EventType = keyof BodyByType;

export const BODY_SHAPES: { readonly [K in EventType]: Shape<BodyByType[K]> } = {
  'case.receive': receiveShape,
  'case.submit_online': receiveShape,
  'case.prereview_return': actShape,
  'case.resubmit_online': actShape,
  'case.prereview_pass': actShape,
  'case.request_correction': actShape,
  'case.supplement': actShape,
  'case.lapse': actShape,
  'case.refuse_acceptance': actShape,
  'case.accept': actShape,
  'case.accept_with_deferral': actShape,
  'case.deem_accepted': actShape,
  'case.supply_deferred': actShape,
  'case.transfer': actShape,
  'case.decide_on_the_spot': actShape,
  'case.assign_review': actShape,
  'case.suspend': actShape,
  'case.resume': actShape,
  'case.extend': actShape,
  'case.review_opinion': actShape,
  'case.send_back': actShape,
  'case.approve': actShape,
  'case.deny': actShape,
  'case.seal_and_make': actShape,
  'case.deliver': actShape,
  'case.deliver_denial': actShape,
  'case.archive': actShape,
  'case.withdraw': actShape,
  'case.terminate': actShape,
  'case.edit': editShape,
  'case.number': numberedShape,
  'case.attachment': attachmentStoredShape,
  'case.fetch': fetchShape,
  'point.set': zoneRecordShape,
  'window.set': zoneRecordShape,
  'department.set': zoneRecordShape,
  'item.publish': zoneRecordShape,
  'bundle.set': zoneRecordShape,
  'resource.set': zoneRecordShape,
  'duty.set': zoneRecordShape,
  'account.set': accountSetShape,
  'grant.issue': grantIssueShape,
  'grant.show': grantShowShape,
  'session.end': sessionEndShape,
  'device.enrol': deviceEnrolShape,
  'device.revoke': deviceRevokeShape,
  'epoch.begin': epochBeginShape,
  'backup.made': backupMadeShape,
};
