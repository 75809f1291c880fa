// The calls around the stream (docs/protocol.md, section 9): enrolment and sign-in; photographs are in photos.ts.

import { fromBase64Url, fromHex, toBase64Url, type Bytes } from '../sync/bytes';
import { signInStatement, successionStatement, SUITE_P256, type Signed } from '../sync/chain';
import { list, may, must, nullable, ShapeError, struct, text, uint, type Shape } from '../sync/shape';
import type { Signer } from './photos';
import { callJson, type Answer, type HubAddress } from './request';
import { sign } from './sign';

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
  relays: { device: number; address: string; public_key: Bytes }[];
  /** What the device shows to a hub that has lost it; null: a hub of before. */
  enrolment: Signed | null;
}

/** Keys at rest, sealed by the hub. */
export interface Escrow {
  tablet: Bytes;
  user: Bytes;
}

export interface SignedIn {
  account: { id: string; username: string; name: string; roles: { role: string; point: string; dept: string }[] };
  grant: { from_ms: number; until_ms: number } | null;
  keys: { tablet: Bytes; user: Bytes } | null;
  /** The same, sealed by the hub for a hub that has lost them; null: a hub of before. */
  escrow: Escrow | null;
  /** For the point's relay. */
  pass: Signed | null;
  /** As at the enrolment. */
  enrolment: Signed | null;
  hub_ms: number;
}

const signed = may(nullable(struct({ content: must(base64), signature: must(sized(64)) })), () => null);

const enrolled = struct<Enrolled>({
  device: must(uint),
  point: must(struct({ id: must(text()), name: must(text()) })),
  kind: must(text()),
  zone: must(hex),
  hub_public_key: must(sized(65)),
  hub_ms: must(uint),
  relays: may(list(struct({ device: must(uint), address: must(text()), public_key: must(sized(65)) })), () => []),
  enrolment: signed,
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
  escrow: may(nullable(struct({ tablet: must(base64), user: must(base64) })), () => null),
  pass: signed,
  enrolment: signed,
  hub_ms: must(uint),
});

/** `former`: the device that this one was, which vouches for the new key. */
export async function enrol(hub: HubAddress, code: string, name: string, publicKey: Bytes, former: Signer | null = null): Promise<Answer<Enrolled>> {
  const body = { code, name, public_key: toBase64Url(publicKey), suite: SUITE_P256, ...(former && { former: await vouch(former, publicKey) }) };
  return callJson(hub, post('/api/enrol', body), (value) => enrolled(value, 'enrol'));
}

async function vouch({ zone, device, privateKey }: Signer, publicKey: Bytes): Promise<{ device: number; signature: string }> {
  const signature = await sign(privateKey, successionStatement(zone, device, publicKey));
  return { device, signature: toBase64Url(signature) };
}

/** Shows the hub, which may have lost this device in a restore, that it has enrolled it. */
export function enrolAgain(hub: HubAddress, enrolments: readonly Signed[]): Promise<Answer<null>> {
  const shown = enrolments.map(({ content, signature }) => ({ content: toBase64Url(content), signature: toBase64Url(signature) }));
  return callJson(hub, post('/api/enrol/again', { enrolments: shown }), () => null);
}

/** Signs a person in on this device: a challenge, and the device's signature over it beside the password. `escrow`: what was given before. */
export async function signIn(hub: HubAddress, signer: Signer, username: string, password: string, escrow: Partial<Escrow> = {}): Promise<Answer<SignedIn>> {
  const asked = await callJson(hub, post('/api/challenge', {}), (value) => struct({ challenge: must(sized(32)) })(value, 'challenge'));
  if (!asked.ok) return asked;
  const { challenge } = asked.value;
  const { zone, device, privateKey } = signer;
  const signature = await sign(privateKey, signInStatement(zone, device, challenge, username));
  const shown = Object.fromEntries(Object.entries(escrow).map(([whose, sealed]) => [whose, toBase64Url(sealed)]));
  const body = { username, password, device, challenge: toBase64Url(challenge), signature: toBase64Url(signature), escrow: shown };
  return callJson(hub, post('/api/sign-in', body), (value) => signedIn(value, 'sign-in'));
}

export function signOut(hub: HubAddress, account: string): Promise<Answer<null>> {
  const ask = post('/api/sign-out', {});
  return callJson(hub, { ...ask, headers: { ...ask.headers, 'Zc-Account': account } }, () => null);
}

/** The stream, in hex, of the case of another point that this point reads from now on. */
export function fetchCase(hub: HubAddress, account: string, number: string, reason: string): Promise<Answer<string>> {
  const ask = post('/api/fetch', { number, reason });
  const fetched = struct<{ case: string }>({ case: must(text(32, /^[0-9a-f]{32}$/)) });
  return callJson(hub, { ...ask, headers: { ...ask.headers, 'Zc-Account': account } }, (value) => fetched(value, 'fetch').case);
}

function post(path: string, body: Record<string, unknown>): { method: 'POST'; path: string; headers: Record<string, string>; body: string } {
  return { method: 'POST', path, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}
