// The calls around the stream (docs/protocol.md, section 9): enrolment, sign-in, photographs.

import { fromBase64Url, fromHex, toBase64Url, toHex, type Bytes } from '../sync/bytes';
import { ATTACHMENT_BYTES_MAX, REQUEST_TIMEOUT_MS } from '../sync/generated/limits';
import { attachmentStatement, attachmentStoredStatement, digest, signInStatement, SUITE_P256 } from '../sync/chain';
import { list, may, must, nullable, ShapeError, struct, text, uint, type Shape } from '../sync/shape';
import { callJson, exchange, NOT_THE_HUB, type Answer, type HubAddress } from './request';
import { sign, verify } from './sign';

/** A slow line of 64 kbit/s must be able to carry a photograph before its request times out. */
const SLOW_LINE_BYTES_PER_MS = 8;

const base64: Shape<Bytes> = (value, where) => {
  if (typeof value !== 'string') throw new ShapeError(`${where}: no base64url`);
  return fromBase64Url(value);
};
const sized = (size: number): Shape<Bytes> => (value, where) => {
  const bytes = base64(value, where);
  if (bytes.length !== size) throw new ShapeError(`${where}: size`);
  return bytes;
};
const hex: Shape<Bytes> = (value, where) => {
  if (typeof value !== 'string' || !/^([0-9a-f]{2})*$/.test(value)) throw new ShapeError(`${where}: no hex`);
  return fromHex(value);
};
const none = (): string => '';

export interface Enrolled {
  device: number;
  point: { id: string; name: string };
  kind: string;
  zone: Bytes;
  hub_public_key: Bytes;
  hub_ms: number;
}

export interface SignedIn {
  account: { id: string; username: string; name: string; roles: { role: string; point: string; dept: string }[] };
  grant: { from_ms: number; until_ms: number } | null;
  keys: { tablet: Bytes; user: Bytes } | null;
  hub_ms: number;
}

const enrolled = struct<Enrolled>({
  device: must(uint),
  point: must(struct({ id: must(text()), name: must(text()) })),
  kind: must(text()),
  zone: must(hex),
  hub_public_key: must(sized(65)),
  hub_ms: must(uint),
});

const signedIn = struct<SignedIn>({
  account: must(
    struct({
      id: must(text(32, /^[0-9a-f]{32}$/)),
      username: must(text()),
      name: must(text()),
      roles: must(list(struct({ role: must(text()), point: may(text(), none), dept: may(text(), none) }))),
    }),
  ),
  grant: must(nullable(struct({ from_ms: must(uint), until_ms: must(uint) }))),
  keys: must(nullable(struct({ tablet: must(sized(32)), user: must(sized(32)) }))),
  hub_ms: must(uint),
});

export function enrol(hub: HubAddress, code: string, name: string, publicKey: Bytes): Promise<Answer<Enrolled>> {
  const body = { code, name, public_key: toBase64Url(publicKey), suite: SUITE_P256 };
  return callJson(hub, post('/api/enrol', body), (value) => enrolled(value, 'enrol'));
}

export interface Signer {
  zone: Bytes;
  device: number;
  privateKey: CryptoKey;
}

/** Signs a person in on this device: a challenge, and the device's signature over it beside the password. */
export async function signIn(hub: HubAddress, signer: Signer, username: string, password: string): Promise<Answer<SignedIn>> {
  const asked = await callJson(hub, post('/api/challenge', {}), (value) => struct({ challenge: must(sized(32)) })(value, 'challenge'));
  if (!asked.ok) return asked;
  const { challenge } = asked.value;
  const { zone, device, privateKey } = signer;
  const signature = await sign(privateKey, signInStatement(zone, device, challenge, username));
  const body = { username, password, device, challenge: toBase64Url(challenge), signature: toBase64Url(signature) };
  return callJson(hub, post('/api/sign-in', body), (value) => signedIn(value, 'sign-in'));
}

export function signOut(hub: HubAddress, account: string): Promise<Answer<null>> {
  const ask = post('/api/sign-out', {});
  return callJson(hub, { ...ask, headers: { ...ask.headers, 'Zc-Account': account } }, () => null);
}

/** Offers a photograph; ok only when the hub's own signature says that the bytes are durable there. */
export async function putAttachment(hub: HubAddress, signer: Signer, hubKey: CryptoKey, bytes: Bytes, mime: string): Promise<Answer<null>> {
  const sha = digest(bytes);
  const signature = await sign(signer.privateKey, attachmentStatement(signer.zone, signer.device, sha, bytes.length));
  const headers = { 'Zc-Device': String(signer.device), 'Zc-Signature': toBase64Url(signature), 'Content-Type': mime };
  const timeoutMs = REQUEST_TIMEOUT_MS + bytes.length / SLOW_LINE_BYTES_PER_MS;
  const read = (value: unknown): Bytes => struct({ signature: must(sized(64)) })(value, 'stored').signature;
  const answer = await callJson(hub, { method: 'PUT', path: `/api/attachments/${toHex(sha)}`, headers, body: bytes, timeoutMs }, read);
  if (!answer.ok) return answer;
  const genuine = await verify(hubKey, answer.value, attachmentStoredStatement(signer.zone, sha, bytes.length));
  return genuine ? { ok: true, value: null } : NOT_THE_HUB;
}

/** The bytes of a photograph, if they are those that the name says. */
export async function getAttachment(hub: HubAddress, account: string, sha256: string): Promise<Answer<Bytes>> {
  const timeoutMs = REQUEST_TIMEOUT_MS + ATTACHMENT_BYTES_MAX / SLOW_LINE_BYTES_PER_MS;
  const answer = await exchange(hub, { method: 'GET', path: `/api/attachments/${sha256}`, headers: { 'Zc-Account': account }, timeoutMs });
  if (!answer.ok) return answer;
  const { response, body } = answer.value;
  if (response.ok) return toHex(digest(body)) === sha256 ? { ok: true, value: body } : NOT_THE_HUB;
  return { ok: false, code: response.status === 401 ? 'session-expired' : response.status === 404 ? 'not-found' : 'offline' };
}

function post(path: string, body: Record<string, unknown>): { method: 'POST'; path: string; headers: Record<string, string>; body: string } {
  return { method: 'POST', path, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}
