// The event: what is in a device's log, and the bodies of all types (docs/protocol.md, section 2). Twin of sync/event.py.
//
// An event's bytes are encoded once, by its author, and never again by anyone: a reader decodes them, keeps them, hashes
// them and hands on the same bytes.

import { packValue, unpackValue } from './codec';
import type { Bytes } from './bytes';
import {
  EVENT_BYTES_MAX,
  EVENT_SEEN_COUNT_MAX,
  EVENT_VERSION,
  FIELD_CHARS_MAX,
  FIELD_COUNT_MAX,
  MATERIAL_COUNT_MAX,
  MATERIAL_PHOTO_COUNT_MAX,
} from './limits';
import { anything, bool, bytes, either, key, line, list, may, must, record, row, ShapeError, struct, text, uint, type Shape } from './shape';

/** [device, seq] of an event. */
export type EventId = [device: number, seq: number];

export interface EventHead {
  version: number;
  type: string;
  stream: Bytes;
  hlc: Bytes;
  actor: Bytes;
  base: number;
  seen: EventId[];
  body: unknown;
}

export type Value = string | string[];
export type Fields = Record<string, Value>;

export interface ItemFacts {
  id: string;
  version: string;
  code: string;
  type_code: string;
  case_type: string;
  mode: string;
}

export interface Applicant {
  name: string;
  id_type: string;
  id_no: string;
  phone: string;
}

export interface Photo {
  sha256: Bytes;
  size: number;
  mime: string;
}

export type MaterialStatus = 'provided' | 'exempt' | 'deferred' | 'missing';

export interface Material {
  id: string;
  status: MaterialStatus;
  photos: Photo[];
  note: string;
}

export interface Missing {
  kind: 'material' | 'field';
  id: string;
  note: string;
}

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
}

export interface Edit {
  fields: Fields;
  materials: Material[];
}

export interface Numbered {
  case_no: string;
}

export interface AttachmentStored {
  sha256: Bytes;
  size: number;
  mime: string;
}

export interface Record_ {
  id: string;
  record: Record<string, unknown>;
}

export interface Role {
  role: string;
  point: string;
  dept: string;
  from_ms: number;
  until_ms: number;
}

export interface AccountSet {
  username: string;
  name: string;
  roles: Role[];
  closed: boolean;
}

export interface DeviceEnrol {
  number: number;
  suite: number;
  public_key: Bytes;
  point: string;
  name: string;
  kind: string;
}

export interface DeviceRevoke {
  number: number;
  reason: string;
}

/** A decoded body with the family of types that it belongs to. */
export type Body =
  | { family: 'receive'; body: Receive }
  | { family: 'act'; body: Act }
  | { family: 'edit'; body: Edit }
  | { family: 'numbered'; body: Numbered }
  | { family: 'attachment'; body: AttachmentStored }
  | { family: 'record'; body: Record_ }
  | { family: 'account'; body: AccountSet }
  | { family: 'grant'; body: { device: number; from_ms: number; until_ms: number } }
  | { family: 'enrol'; body: DeviceEnrol }
  | { family: 'revoke'; body: DeviceRevoke };

const none = (): string => '';
const zero = (): number => 0;
const longText = text(FIELD_CHARS_MAX);
const fields = record<Value>(either(list(line, 64), Array.isArray, longText), key, FIELD_COUNT_MAX);
const photo = struct<Photo>({ sha256: must(bytes(32)), size: must(uint), mime: must(line) });
const status = text(10, /^(provided|exempt|deferred|missing)$/) as Shape<MaterialStatus>;
const material = struct<Material>({
  id: must(key),
  status: must(status),
  photos: may(list(photo, MATERIAL_PHOTO_COUNT_MAX), () => []),
  note: may(line, none),
});
const materials = list(material, MATERIAL_COUNT_MAX);
const missing = struct<Missing>({
  kind: must(text(10, /^(material|field)$/) as Shape<Missing['kind']>),
  id: must(key),
  note: may(line, none),
});
const item = struct<ItemFacts>({
  id: must(key),
  version: must(line),
  code: must(line),
  type_code: must(line),
  case_type: must(line),
  mode: must(line),
});
const applicant = struct<Applicant>({ name: must(line), id_type: must(line), id_no: must(line), phone: may(line, none) });
const emptyFields = (): Fields => Object.create(null) as Fields;
const role = struct<Role>({
  role: must(key),
  point: may(line, none),
  dept: may(line, none),
  from_ms: may(uint, zero),
  until_ms: may(uint, zero),
});

const receive = struct<Receive>({
  item: must(item),
  point: must(key),
  dept: must(key),
  applicant: must(applicant),
  fields: must(fields),
  materials: must(materials),
  window: may(line, none),
  receipt_no: may(line, none),
  person: may(line, none),
});
const act = struct<Act>({
  opinion: may(longText, none),
  reason: may(longText, none),
  ground: may(line, none),
  missing: may(list(missing, FIELD_COUNT_MAX), () => []),
  deferred: may(list(key, MATERIAL_COUNT_MAX), () => []),
  fields: may(fields, emptyFields),
  materials: may(materials, () => []),
  manner: may(line, none),
  recipient: may(line, none),
});
const edit = struct<Edit>({ fields: may(fields, emptyFields), materials: may(materials, () => []) });
const recordBody = struct<Record_>({ id: must(key), record: must(record(anything, text())) });

type Read = (value: unknown) => Body;
function family<F extends Body['family']>(name: F, shape: Shape<Extract<Body, { family: F }>['body']>): Read {
  return (value) => ({ family: name, body: shape(value, 'body') }) as Body;
}

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
  'prereview_return', 'resubmit_online', 'prereview_pass', 'request_correction', 'supplement', 'lapse',
  'refuse_acceptance', 'accept', 'accept_with_deferral', 'deem_accepted', 'supply_deferred', 'decide_on_the_spot',
  'assign_review', 'suspend', 'resume', 'extend', 'review_opinion', 'send_back', 'approve', 'deny', 'seal_and_make',
  'deliver', 'deliver_denial', 'archive', 'withdraw', 'terminate',
].map((verb) => `case.${verb}`);

const READ_BY_TYPE = new Map<string, Read>([
  ['case.receive', family('receive', receive)],
  ['case.submit_online', family('receive', receive)],
  ...ACT_TYPES.map((type): [string, Read] => [type, family('act', act)]),
  ['case.edit', family('edit', edit)],
  ['case.number', family('numbered', struct<Numbered>({ case_no: must(line) }))],
  ['case.attachment', family('attachment', photo)],
  ...RECORD_TYPES.map((type): [string, Read] => [type, family('record', recordBody)]),
  [
    'account.set',
    family(
      'account',
      struct<AccountSet>({ username: must(line), name: must(line), roles: must(list(role)), closed: may(bool, () => false) }),
    ),
  ],
  ['grant.issue', family('grant', struct({ device: must(uint), from_ms: must(uint), until_ms: must(uint) }))],
  [
    'device.enrol',
    family(
      'enrol',
      struct<DeviceEnrol>({
        number: must(uint),
        suite: must(uint),
        public_key: must(bytes()),
        point: must(line),
        name: must(line),
        kind: must(line),
      }),
    ),
  ],
  ['device.revoke', family('revoke', struct<DeviceRevoke>({ number: must(uint), reason: must(line) }))],
]);

const head = row<EventHead>({
  version: uint,
  type: text(50, /^[a-z]+\.[a-z_]{1,40}$/),
  stream: bytes(16),
  hlc: bytes(8),
  actor: bytes(16, 0),
  base: uint,
  seen: list((value, where): EventId => {
    if (!Array.isArray(value) || value.length !== 2) throw new ShapeError(`${where}: no pair`);
    return [uint(value[0], where), uint(value[1], where)];
  }, EVENT_SEEN_COUNT_MAX),
  body: anything,
});

/** An event's bytes, as its author fixes them for ever. Throws RangeError past EVENT_BYTES_MAX. */
export function encodeEvent(event: Omit<EventHead, 'version' | 'body'> & { body: object }): Bytes {
  const { type, stream, hlc, actor, base, seen, body } = event;
  const data = packValue([EVENT_VERSION, type, stream, hlc, actor, base, seen, body]);
  if (data.length > EVENT_BYTES_MAX) throw new RangeError(`event of ${String(data.length)} bytes`);
  return data;
}

/** What every node can read of any event, known type or not. Throws when the bytes are no event. */
export function decodeHead(data: Uint8Array): EventHead {
  return head(unpackValue(data), 'event');
}

/** The body by its type; nothing when the type is unknown here or the body has not its shape. */
export function findBody(event: EventHead): Body | null {
  const read = READ_BY_TYPE.get(event.type);
  if (read === undefined) return null;
  try {
    return read(event.body);
  } catch (error) {
    if (error instanceof ShapeError) return null;
    throw error;
  }
}
