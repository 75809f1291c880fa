// Everything unsent as one file, for rescue when a tablet cannot reach the hub any more (docs/security.md, "Rescue file").
//
//   "ZCRESCUE1\n" ‖ salt (16) ‖ iv (12) ‖ AES-GCM-256 of a MessagePack map, under PBKDF2-SHA256 of a passphrase
//
// The map: zone, device, public_key, base_seq, base_link, events (the log from base_seq + 1, as bytes), photos
// ({sha256, mime, bytes}). With it the hub can take the events as if the tablet had pushed them, but for the signature.

import { concat, fromHex, utf8, type Bytes } from '../sync/bytes';
import { packValue } from '../sync/codec';
import type { Result } from './api';
import { unsentPhotos } from './backlog';
import { LOCKED, NOT_ENROLLED, type Core } from './core';
import { photoPlace } from './intake';
import { deriveKey, makeSalt, seal, unseal } from './vault';

export const RESCUE_MAGIC = utf8('ZCRESCUE1\n');
const PASSPHRASE_CHARS_MIN = 8;

export async function exportUnsent(core: Core, passphrase: string): Promise<Result<Blob>> {
  const { unlocked, device } = core;
  if (device === null) return NOT_ENROLLED;
  if (unlocked === null) return LOCKED;
  if ([...passphrase].length < PASSPHRASE_CHARS_MIN) return { ok: false, code: 'passphrase-weak' };
  const { tablet, vault } = unlocked;
  // From the first event that is not wholly confirmed: the chain needs all that follows it.
  const firstOpen = tablet.rows.findIndex(({ acked, state }) => !acked || state === 'parked' || state === 'refused');
  const baseSeq = firstOpen < 0 ? tablet.lastSeq : firstOpen;
  const events = tablet.rows.slice(baseSeq).map(({ seq }) => tablet.eventAt(seq));
  const photos: { sha256: Bytes; mime: string; bytes: Bytes }[] = [];
  for (const { sha256 } of unsentPhotos(core, tablet)) {
    const row = await core.store.findPhoto(sha256);
    if (row === null) return { ok: false, code: 'storage-lost' };
    photos.push({ sha256: fromHex(sha256), mime: row.mime, bytes: await unseal(vault.tablet, photoPlace(sha256), row.sealed) });
  }
  const plain = packValue({
    zone: device.zone,
    device: device.number,
    public_key: device.publicKey,
    base_seq: baseSeq,
    base_link: tablet.linkAt(baseSeq),
    events,
    photos,
  });
  const salt = makeSalt();
  const sealed = await seal(await deriveKey(passphrase, salt), 'rescue', plain);
  return { ok: true, value: new Blob([concat(RESCUE_MAGIC, salt, sealed)], { type: 'application/octet-stream' }) };
}
