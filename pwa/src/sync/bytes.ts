// Bytes as the protocol writes them: joined, compared, and as hex or big-endian integers.

/** Bytes that own a plain buffer, which is what WebCrypto and IndexedDB take. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const EMPTY: Bytes = new Uint8Array(0);

const encoder = new TextEncoder();
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** The parts one after another, in a buffer of their own. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  let size = 0;
  for (const part of parts) size += part.length;
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A copy that shares no buffer with what it was cut from. */
export function own(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes);
}

/** `value` as 8 big-endian bytes; at most 2^53 - 1. */
export function be64(value: number): Bytes {
  const out = new Uint8Array(8);
  writeBe64(out, 0, value);
  return out;
}

export function writeBe64(out: Uint8Array, at: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not an unsigned integer: ${String(value)}`);
  // No DataView: every entry of every feed is written like this four times.
  let rest = value;
  for (let i = at + 7; i > at + 3; i -= 1) {
    out[i] = rest & 0xff;
    rest = Math.floor(rest / 0x100);
  }
  for (let i = at + 3; i >= at; i -= 1) {
    out[i] = rest & 0xff;
    rest >>>= 8;
  }
}

export function toHex(bytes: Uint8Array): string {
  // Joined at once: a text that grows is a rope, which every map would first have to lay flat.
  const pairs = new Array<string>(bytes.length);
  for (let i = 0; i < bytes.length; i += 1) pairs[i] = HEX[bytes[i] ?? 0] ?? '';
  return pairs.join('');
}

/** The bytes that a lower-case hex text writes; RangeError when it is none. */
export function fromHex(text: string): Bytes {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) throw new RangeError('not hex');
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i += 1) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

/** Below 0, 0 or above 0, as byte strings are ordered. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** base64url without padding, as JSON carries bytes. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export function fromBase64Url(text: string): Bytes {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}
