// Encryption at rest (docs/security.md): AES-GCM-256 under keys that the hub gave and that live unlocked in memory only.
//
// The tablet's key seals the log, pages and photos; the user's key that user's drafts. Both are kept wrapped under a key
// derived from the user's PIN. What is sealed names its place, so that one row cannot stand in for another.

import { concat, own, utf8, type Bytes } from '../sync/bytes';

export const PIN_ITERATIONS = 600_000;
const IV_BYTES = 12;
const KEY_BYTES = 32;
const SALT_BYTES = 16;

/** The two keys, unlocked; not extractable, so another tab can be given them but nobody can read them. */
export interface Vault {
  tablet: CryptoKey;
  user: CryptoKey;
}

/** The same as the hub gave them; only until a PIN has wrapped them. */
export interface RawKeys {
  tablet: Bytes;
  user: Bytes;
}

export function makeSalt(): Bytes {
  return crypto.getRandomValues(new Uint8Array(SALT_BYTES));
}

export async function openVault({ tablet, user }: RawKeys): Promise<Vault> {
  return { tablet: await importKey(tablet), user: await importKey(user) };
}

function importKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** iv ‖ ciphertext and tag; `place` is authenticated, not stored. */
export async function seal(key: CryptoKey, place: string, plain: Bytes): Promise<Bytes> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: utf8(place) }, key, plain);
  return concat(iv, new Uint8Array(sealed));
}

/** The bytes sealed for this place; rejects with OperationError when key, place or bytes are others. */
export async function unseal(key: CryptoKey, place: string, sealed: Bytes): Promise<Bytes> {
  const iv = sealed.subarray(0, IV_BYTES);
  const algorithm = { name: 'AES-GCM', iv, additionalData: utf8(place) };
  return new Uint8Array(await crypto.subtle.decrypt(algorithm, key, sealed.subarray(IV_BYTES)));
}

/** Whether `other` opens what `one` seals. */
export async function isSameVault(one: Vault, other: Vault): Promise<boolean> {
  const plain = Uint8Array.of(0);
  for (const key of ['tablet', 'user'] as const) {
    if ((await tryUnseal(other[key], 'probe', await seal(one[key], 'probe', plain))) === null) return false;
  }
  return true;
}

/** A key from words that a person remembers; slow on purpose. */
export async function deriveKey(words: string, salt: Bytes, iterations = PIN_ITERATIONS): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', utf8(words), 'PBKDF2', false, ['deriveKey']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations };
  return crypto.subtle.deriveKey(how, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
}

export async function wrapKeys(pin: string, salt: Bytes, accountId: string, { tablet, user }: RawKeys): Promise<Bytes> {
  return seal(await deriveKey(pin, salt), `keys:${accountId}`, concat(tablet, user));
}

/** Nothing when the PIN is wrong. */
export async function unwrapKeys(pin: string, salt: Bytes, accountId: string, wrapped: Bytes): Promise<Vault | null> {
  const both = await tryUnseal(await deriveKey(pin, salt), `keys:${accountId}`, wrapped);
  return both && openVault({ tablet: own(both.subarray(0, KEY_BYTES)), user: own(both.subarray(KEY_BYTES)) });
}

/** As `unseal`; null when key, place or bytes are others. */
export async function tryUnseal(key: CryptoKey, place: string, sealed: Bytes): Promise<Bytes | null> {
  try {
    return await unseal(key, place, sealed);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'OperationError') return null;
    throw error;
  }
}
