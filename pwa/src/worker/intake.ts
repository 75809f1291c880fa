// What a person writes beside drafts: photographs, receipts, acts and edits. Each is one durable write before it is called saved.

import { actionsFor, type Person } from '../cases/actions';
import { implementationAt } from '../forms/item';
import { normaliseForm } from '../forms/normalise';
import { applicantOf } from '../forms/summary';
import { validateForm } from '../forms/validate';
import { zoneDay } from '../forms/zoneTime';
import { getAttachment } from '../net/photos';
import { fromHex, toHex, type Bytes } from '../sync/bytes';
import { digest } from '../sync/chain';
import type { Act, BodyByType, EventType, Material } from '../sync/event';
import { ATTACHMENT_BYTES_MAX } from '../sync/generated/limits';
import { makeReceiptNumber } from '../sync/number';
import type { ActInput, FieldValue, MaterialLine, PhotoRef, Result } from './api';
import { LOCKED, NOT_ENROLLED, REVOKED, type Core, type Unlocked } from './core';
import { findDraft } from './drafts';
import { appendWork } from './grants';
import { itemOf, type PublishedItem } from './reference';
import type { Making } from './logged';
import { seal, unseal } from './vault';
import { namesOf } from './words';

export class Intake {
  /** `wrote`: the log has grown, so that the line may carry it. */
  constructor(
    private readonly core: Core,
    private readonly wrote: () => void,
  ) {}

  async savePhoto(buffer: ArrayBuffer, mime: string): Promise<Result<PhotoRef>> {
    const { unlocked, store } = this.core;
    if (unlocked === null) return LOCKED;
    if (buffer.byteLength > ATTACHMENT_BYTES_MAX) return { ok: false, code: 'attachment-oversized' };
    const bytes = new Uint8Array(buffer);
    const sha256 = toHex(digest(bytes));
    const sealed = await seal(unlocked.vault.tablet, photoPlace(sha256), bytes);
    const photo = { sha256, size: bytes.length, mime, savedMs: await this.core.now(), sentMs: 0 };
    const saved = this.core.resultOf(await store.putPhoto({ ...photo, sealed }));
    if (!saved.ok) return saved;
    await this.core.loadPhotos();
    this.core.stored([{ kind: 'status' }]);
    return { ok: true, value: { sha256, size: photo.size, mime } };
  }

  /** The bytes of a photograph kept here; null when it is not. */
  async photoHere(sha256: string): Promise<{ bytes: Bytes; mime: string } | null> {
    const { unlocked, store } = this.core;
    const row = unlocked === null ? null : await store.findPhoto(sha256);
    if (unlocked === null || row === null) return null;
    return { bytes: await unseal(unlocked.vault.tablet, photoPlace(sha256), row.sealed), mime: row.mime };
  }

  /** The same as a picture, from here or from the hub. */
  async photo(sha256: string): Promise<Result<Blob>> {
    const { unlocked, surface } = this.core;
    if (unlocked === null) return LOCKED;
    const here = await this.core.orElse(null, () => this.photoHere(sha256));
    if (here !== null) return { ok: true, value: new Blob([here.bytes], { type: here.mime }) };
    const answer = await getAttachment(surface.hub, unlocked.user.id, sha256);
    return answer.ok ? { ok: true, value: new Blob([answer.value], { type: 'image/jpeg' }) } : answer;
  }

  async receive(draftId: string): Promise<Result<{ caseId: string; receiptNo: string }>> {
    const { unlocked, device } = this.core;
    if (device === null) return NOT_ENROLLED;
    if (unlocked === null) return LOCKED;
    if (this.core.revoked) return REVOKED;
    if (!mayReceive(this.core.person(unlocked))) return { ok: false, code: 'not-entitled' };
    const found = await findDraft(this.core, draftId);
    if (!found.ok) return found;
    const draft = found.value;
    const item = itemOf(unlocked.tablet.replica, draft.itemId);
    if (item === undefined) return { ok: false, code: 'item-unknown' };
    const nowMs = await this.core.now();
    const day = dayOf(nowMs);
    const fields = normaliseForm(item.formFields, draft.fields);
    const [problem] = validateForm(item, fields, `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`);
    if (problem !== undefined) return { ok: false, code: problem.code, params: { ...problem.params, field: problem.key } };
    const applicant = applicantOf(item, fields);
    if (applicant === null) return { ok: false, code: 'item-unknown' };
    let receiptNo = '';
    const written = await this.append(unlocked, namesOf(draft.materials), async () => {
      // Asked again while the log is held: a second tap, or another tab, may have received it meanwhile.
      if (unlocked.tablet.replica.cases.has(draftId)) return null;
      const value = (await this.core.store.counter(day)) + 1;
      receiptNo = makeReceiptNumber(device.point.id, device.number, day, value);
      const implementation = implementationAt(item, device.point.id);
      const body: BodyByType['case.receive'] = {
        item: factsOf(item, implementation.implementationCode),
        point: device.point.id,
        dept: implementation.orgId,
        applicant: { name: applicant.name, id_type: applicant.idType, id_no: applicant.idNo, phone: applicant.phone },
        fields: plainFields(answered(fields)),
        materials: draft.materials.map(materialOf),
        window: draft.window,
        receipt_no: receiptNo,
        person: '',
      };
      const authored = { type: 'case.receive', stream: fromHex(draftId), body } as const;
      return { authored, counter: { day, value }, draftDone: draftId, renews: null };
    });
    if (!written.ok) return written;
    this.core.stored([{ kind: 'drafts' }, { kind: 'cases', ids: [draftId] }, { kind: 'status' }]);
    return { ok: true, value: { caseId: draftId, receiptNo } };
  }

  /** What cannot have an effect now is said before it is written; what another has done meanwhile, the hub says. */
  async act(caseId: string, type: string, input: ActInput): Promise<Result<null>> {
    const { unlocked } = this.core;
    if (unlocked === null) return LOCKED;
    const kept = unlocked.tablet.replica.cases.get(caseId);
    if (kept === undefined) return { ok: false, code: 'not-found' };
    const action = actionsFor(kept.view, this.core.person(unlocked)).find((one) => one.type === type);
    if (action === undefined) return { ok: false, code: 'state' };
    if (action.blocked !== null) return { ok: false, code: action.blocked };
    const filled = Object.entries(input).filter(([, value]) => value !== undefined && value.length !== 0);
    const names = new Set(filled.map(([name]) => name));
    if (!action.needs.every((need) => names.has(need))) return { ok: false, code: 'act-incomplete' };
    const { fields, materials, ...rest } = input;
    const body: Partial<Act> = {
      ...rest,
      ...(fields === undefined ? {} : { fields: plainFields(fields) }),
      ...(materials === undefined ? {} : { materials: materials.map(materialOf) }),
    };
    return this.write(caseId, type as EventType, body);
  }

  edit(caseId: string, fields: Record<string, FieldValue>, materials: MaterialLine[]): Promise<Result<null>> {
    return this.write(caseId, 'case.edit', { fields: plainFields(fields), materials: materials.map(materialOf) });
  }

  private async write(caseId: string, type: EventType, body: Partial<BodyByType[EventType]>): Promise<Result<null>> {
    const { unlocked } = this.core;
    if (unlocked === null) return LOCKED;
    if (this.core.revoked) return REVOKED;
    const kept = unlocked.tablet.replica.cases.get(caseId);
    if (kept === undefined) return { ok: false, code: 'not-found' };
    const materials = 'materials' in body ? (body.materials ?? []) : [];
    const named = materials.flatMap(({ photos }) => photos.map(({ sha256 }) => toHex(sha256)));
    const fresh = named.filter((sha256) => !(sha256 in kept.view.attachments));
    const authored = { type, stream: fromHex(caseId), body };
    const written = await this.append(unlocked, fresh, () => Promise.resolve({ authored, counter: null, draftDone: null, renews: null }));
    if (written.ok) this.core.stored([{ kind: 'cases', ids: [caseId] }, { kind: 'status' }]);
    return written;
  }

  /** `photos`: those that must be here, or nobody could send them; asked while the log is held, when none can be tidied away. */
  private async append(unlocked: Unlocked, photos: readonly string[], make: () => Promise<Making | null>): Promise<Result<null>> {
    let lacking = false;
    const making = async (): Promise<Making | null> => {
      const here = new Set((await this.core.store.photos()).map(({ sha256 }) => sha256));
      lacking = photos.some((sha256) => !here.has(sha256));
      return lacking ? null : make();
    };
    try {
      const written = this.core.resultOf(await appendWork(this.core.store, unlocked, photos.length === 0 ? make : making));
      if (lacking) return { ok: false, code: 'photo-missing' };
      if (written.ok) this.wrote();
      return written;
    } catch (error) {
      if (error instanceof RangeError) return { ok: false, code: 'oversized' };
      throw error;
    }
  }
}

/** Whether the person takes in cases at this device's point. */
export function mayReceive({ roles, devicePoint }: Person): boolean {
  return roles.some(({ role, point }) => role === 'window_clerk' && (point === '' || point === devicePoint));
}

/** YYYYMMDD on the zone's calendar. */
export function dayOf(ms: number): string {
  return zoneDay(ms).replaceAll('-', '');
}

function factsOf(item: PublishedItem, code: string): BodyByType['case.receive']['item'] {
  const { id, version, itemTypeCode, caseType, acceptanceMode } = item;
  return { id, version, code, type_code: itemTypeCode, case_type: caseType, mode: acceptanceMode };
}

type Values = Readonly<Record<string, string | readonly string[]>>;

/** An empty answer of a new form says nothing and is left out; in an edit it clears what was there. */
function answered(fields: Values): Values {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value.length > 0));
}

function plainFields(fields: Values): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, typeof value === 'string' ? value : [...value]]));
}

function materialOf({ id, status, photos, note }: MaterialLine): Material {
  return { id, status, note, photos: photos.map(({ sha256, size, mime }) => ({ sha256: fromHex(sha256), size, mime })) };
}

export const photoPlace = (sha256: string): string => `photo:${sha256}`;
