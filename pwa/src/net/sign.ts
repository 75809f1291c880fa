// Suite 1 by WebCrypto: ECDSA P-256 with SHA-256, raw public keys (65 bytes), raw signatures r‖s (64 bytes).

import type { Bytes } from '../sync/bytes';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A device's key pair; the private half never leaves this profile. */
export async function makeDeviceKey(): Promise<{ privateKey: CryptoKey; publicKey: Bytes }> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return { privateKey: pair.privateKey, publicKey };
}

export function importPublicKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, ALGORITHM, true, ['verify']);
}

export async function sign(key: CryptoKey, statement: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, statement));
}

export function verify(key: CryptoKey, signature: Bytes, statement: Bytes): Promise<boolean> {
  return crypto.subtle.verify(ALGORITHM, key, signature, statement);
}
