// The rescue file opens with its passphrase by the documented format alone, and holds what its tablet signed.

import { describe, expect, it } from 'vitest';

import { importPublicKey, verify } from '../net/sign';
import { MemoryStore } from '../store/memory';
import type { DeviceRow, UserRow } from '../store/port';
import { own, type Bytes } from '../sync/bytes';
import { attachmentStatement, digest, foldLinks, logStart, pushStatement } from '../sync/chain';
import { unpackValue } from '../sync/codec';
import { Core } from './core';
import { photoPlace } from './intake';
import { exportUnsent } from './rescue';
import { Tablet } from './tablet';
import { localLocks, silentChannel } from './tabs';
import { openVault, seal } from './vault';

const STREAM = new Uint8Array(16).fill(7);
const PHOTO = Uint8Array.of(1, 2, 3);

async function tabletAtWork(): Promise<Core> {
  const store = new MemoryStore();
  const locks = localLocks();
  const core = new Core({ store, hub: { origin: '' }, locks, channel: silentChannel(), now: () => 1_795_400_000_000, random: () => 0, appVersion: '', space: () => Promise.resolve({ persistent: true, usedBytes: 0, quotaBytes: 0 }) });
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
  const zone = new Uint8Array(16).fill(9);
  const device: DeviceRow = {
    number: 12,
    name: '',
    kind: 'tablet',
    point: { id: 'HALL', name: '' },
    zone,
    publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)),
    privateKey: pair.privateKey,
    hubKey: new Uint8Array(65),
    epoch: 0,
  };
  const user: UserRow = { id: 'ab'.repeat(16), username: '', name: '', roles: [], feeds: [], grantUntilMs: 0, salt: new Uint8Array(1), wrapped: null, failures: 0, retryAtMs: 0 };
  const vault = await openVault({ tablet: new Uint8Array(32), user: new Uint8Array(32) });
  const sha256 = digest(PHOTO);
  const hex = Array.from(sha256, (byte) => byte.toString(16).padStart(2, '0')).join('');
  await store.putPhoto({ sha256: hex, size: 3, mime: 'image/jpeg', sealed: await seal(vault.tablet, photoPlace(hex), PHOTO), savedMs: 1, sentMs: 0 });
  const tablet = await Tablet.open(store, device, vault, locks, () => 1_795_400_000_000, []);
  core.device = device;
  core.unlocked = { user, vault, tablet };
  await core.loadPhotos();
  const photos = [{ sha256, size: 3, mime: 'image/jpeg' }];
  const body = {
    item: { id: 'X', version: '1', code: '', type_code: '01', case_type: 'instant', mode: '' },
    point: 'HALL',
    dept: 'D',
    applicant: { name: '王小明', id_type: 'idcard', id_no: '1', phone: '' },
    fields: {},
    materials: [{ id: 'M', status: 'provided', note: '', photos }],
    window: '',
    receipt_no: '',
    person: '',
  } as const;
  for (let i = 0; i < 3; i += 1) {
    const authored = { type: 'case.receive', stream: STREAM, body: { ...body, fields: {}, materials: [...body.materials] } } as const;
    await tablet.append(user.id, () => Promise.resolve({ authored, counter: null, draftDone: null, renews: null }));
  }
  await tablet.settle(1, [{ first_seq: 1, count: 1, position: 5, hub_ms: 5, code: 'ok' }]);
  return core;
}

describe('the rescue file', () => {
  it('holds the log in signed pushes, and the photos that are not at the hub', async () => {
    const core = await tabletAtWork();
    const file = await exportUnsent(core, 'correct horse');
    if (!file.ok) throw new Error(file.code);
    const bytes = new Uint8Array(await file.value.arrayBuffer());
    expect(new TextDecoder().decode(bytes.subarray(0, 10))).toBe('ZCRESCUE2\n');
    expect(new TextDecoder().decode(bytes)).not.toContain('王小明');
    const secret = await crypto.subtle.importKey('raw', new TextEncoder().encode('correct horse'), 'PBKDF2', false, ['deriveKey']);
    const how = { name: 'PBKDF2', hash: 'SHA-256', salt: bytes.slice(10, 26), iterations: 600_000 };
    const key = await crypto.subtle.deriveKey(how, secret, { name: 'AES-GCM', length: 256 }, false, ['decrypt']);
    const algorithm = { name: 'AES-GCM', iv: bytes.slice(26, 38), additionalData: new TextEncoder().encode('rescue') };
    const plain = new Uint8Array(await crypto.subtle.decrypt(algorithm, key, bytes.slice(38)));
    const map = unpackValue(plain) as { zone: Uint8Array; device: number; pushes: Uint8Array[]; photos: { content: Uint8Array; sha256: Uint8Array; signature: Uint8Array }[] };
    const { device, unlocked } = core;
    if (device === null || unlocked === null) throw new Error('not at work');
    const publicKey = await importPublicKey(device.publicKey);
    const [payload, ...more] = map.pushes;
    const [kind, number, firstSeq, baseLink, events, signature] = unpackValue(payload ?? plain) as [string, number, number, Bytes, Bytes[], Bytes];
    expect([kind, number, firstSeq, events.length, more.length, map.device]).toEqual(['push', 12, 1, 3, 0, 12]);
    expect(baseLink).toEqual(logStart(device.publicKey));
    const end = foldLinks(baseLink, events).at(-1);
    expect(end).toEqual(unlocked.tablet.linkAt(3));
    expect(await verify(publicKey, own(signature), pushStatement(device.zone, 12, 3, own(end ?? baseLink)))).toBe(true);
    expect(map.photos.map((photo) => [...photo.content])).toEqual([[1, 2, 3]]);
    const [photo] = map.photos.map((one) => own(one.signature));
    expect(await verify(publicKey, photo ?? own(baseLink), attachmentStatement(device.zone, 12, digest(PHOTO), 3))).toBe(true);
  });

  it('wants a passphrase worth the name', async () => {
    expect(await exportUnsent(await tabletAtWork(), 'short')).toMatchObject({ ok: false, code: 'passphrase-weak' });
  });
});
