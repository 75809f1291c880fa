// All of this tablet's work as one file, for rescue when it cannot reach the hub any more (docs/security.md, "Rescue file").
//
//   "ZCRESCUE2\n" ‖ salt (16) ‖ iv (12) ‖ AES-GCM-256 of a MessagePack map, under PBKDF2-SHA256 of a passphrase
//
// The map: zone, device, pushes (the whole log as signed messages, as on the wire: a hub that was restored may lack what
// was confirmed once), photos that are not at the hub ({sha256, content, signature}), and the hub's own signatures that it
// has enrolled this device, which it may have lost as well ({content, signature}). `zongchuang rescue` takes it in.

import { sign } from '../net/sign';
import type { DeviceRow } from '../store/port';
import { concat, fromHex, utf8, type Bytes } from '../sync/bytes';
import { attachmentStatement, pushStatement } from '../sync/chain';
import { packValue } from '../sync/codec';
import { encodeMessage } from '../sync/messages';
import type { Result } from './api';
import { unsentPhotos } from './backlog';
import { LOCKED, NOT_ENROLLED, type Core } from './core';
import { photoPlace } from './intake';
import type { Tablet } from './tablet';
import { deriveKey, makeSalt, seal, unseal } from './vault';

export const RESCUE_MAGIC = utf8('ZCRESCUE2\n');
const PASSPHRASE_CHARS_MIN = 8;

export async function exportUnsent(core: Core, passphrase: string): Promise<Result<Blob>> {
  const { unlocked, device } = core;
  if (device === null) return NOT_ENROLLED;
  if (unlocked === null) return LOCKED;
  if ([...passphrase].length < PASSPHRASE_CHARS_MIN) return { ok: false, code: 'passphrase-weak' };
  const { tablet, vault } = unlocked;
  const { zone, number, privateKey } = device;
  const photos: { sha256: Bytes; content: Bytes; signature: Bytes }[] = [];
  for (const { sha256 } of unsentPhotos(core, tablet)) {
    const row = await core.store.findPhoto(sha256);
    if (row === null) return { ok: false, code: 'storage-lost' };
    const content = await unseal(vault.tablet, photoPlace(sha256), row.sealed);
    const signature = await sign(privateKey, attachmentStatement(zone, number, fromHex(sha256), content.length));
    photos.push({ sha256: fromHex(sha256), content, signature });
  }
  const enrolments = (device.enrolments ?? []).map(({ content, signature }) => ({ content, signature }));
  const plain = packValue({ zone, device: number, pushes: await signedLog(device, tablet), photos, enrolments });
  const salt = makeSalt();
  const sealed = await seal(await deriveKey(passphrase, salt), 'rescue', plain);
  return { ok: true, value: new Blob([concat(RESCUE_MAGIC, salt, sealed)], { type: 'application/octet-stream' }) };
}

async function signedLog({ zone, number, privateKey }: DeviceRow, tablet: Tablet): Promise<Bytes[]> {
  const pushes: Bytes[] = [];
  for (let first = 1; first <= tablet.lastSeq;) {
    const { baseLink, events, lastLink } = tablet.tail(first);
    const last = first + events.length - 1;
    const signature = await sign(privateKey, pushStatement(zone, number, last, lastLink));
    pushes.push(encodeMessage({ type: 'push', device: number, first_seq: first, base_link: baseLink, events, signature }));
    first = last + 1;
  }
  return pushes;
}
