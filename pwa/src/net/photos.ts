// Photographs: up by tus 1.0, piece by piece (docs/protocol.md, section 9), and down whole.
//
// Where an upload is, the hub knows and is asked; nothing of it is kept here. The hub keeps what came even when the
// line breaks in the middle of a piece, so a piece's size only says how long everything else waits behind it.

import { fromBase64Url, toBase64Url, toHex, type Bytes } from '../sync/bytes';
import { attachmentStatement, attachmentStoredStatement, digest } from '../sync/chain';
import { ATTACHMENT_BYTES_MAX, REQUEST_TIMEOUT_MS } from '../sync/generated/limits';
import { exchange, NOT_THE_HUB, refusalOf, type Answer, type Ask, type HubAddress } from './request';
import { sign, verify } from './sign';

export interface Signer {
  zone: Bytes;
  device: number;
  privateKey: CryptoKey;
}

/** Who brings a photograph, and whose word counts. */
export interface Courier {
  hub: HubAddress;
  hubKey: CryptoKey;
  /** The hub's, as known here: what it holds it says for this epoch alone. */
  epoch: () => number;
  signer: Signer;
}

/** What an upload asks of its owner between two pieces. */
export interface Pace {
  now(): number;
  /** False: something else goes first; the upload ends as `paused` and goes on when it is asked for again. */
  mayGoOn(): boolean;
  /** So much of it is durable at the hub. */
  received(bytes: number): void;
}

interface Standing {
  path: string;
  offset: number;
  /** What claims to be the hub's signature over the whole. */
  stored: Bytes | null;
}

/** A slow line of 64 kbit/s must be able to carry a piece before its request times out. */
const SLOW_LINE_BYTES_PER_MS = 8;
const PIECE_BYTES_FIRST = 32_768;
const PIECE_BYTES_MIN = 16_384;
const PIECE_BYTES_MAX = 524_288;
/** A person's work waits at most about this long behind a piece. */
const PIECE_MS = 700;
const BEGINNINGS_MAX = 3;
const TUS = { 'Tus-Resumable': '1.0.0' };

/** Offers a photograph; ok only when the hub's own signature says that the bytes are durable there. */
export async function uploadPhoto(courier: Courier, bytes: Bytes, pace: Pace): Promise<Answer<null>> {
  const { hub, hubKey, epoch, signer } = courier;
  const sha = digest(bytes);
  const signature = await sign(signer.privateKey, attachmentStatement(signer.zone, signer.device, sha, bytes.length));
  const headers = { ...TUS, 'Zc-Device': String(signer.device), 'Zc-Signature': toBase64Url(signature) };
  const begin = { method: 'POST', path: '/api/uploads', headers: { ...headers, ...announcement(sha, bytes.length) } } as const;
  let answer: Answer<Standing> = await ask(hub, begin, '', bytes.length);
  let pieceBytes = PIECE_BYTES_FIRST;
  let beginnings = 1;
  while (answer.ok && answer.value.stored === null) {
    const { path, offset } = answer.value;
    pace.received(offset);
    if (!pace.mayGoOn()) return { ok: false, code: 'paused' };
    const body = bytes.subarray(offset, offset + pieceBytes);
    const fromMs = pace.now();
    const at = { 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' };
    answer = await ask(hub, { method: 'PATCH', path, headers: { ...headers, ...at }, body }, path, bytes.length);
    if (answer.ok && answer.value.offset <= offset) return NOT_THE_HUB;
    pieceBytes = nextPieceBytes(pieceBytes, pace.now() - fromMs);
    // It is elsewhere, or was forgotten, or another device has brought the whole meanwhile: the beginning tells.
    const astray = !answer.ok && (answer.code === 'upload-offset' || answer.code === 'not-found');
    if (astray && beginnings < BEGINNINGS_MAX) {
      beginnings += 1;
      answer = await ask(hub, begin, '', bytes.length);
    }
  }
  if (!answer.ok || answer.value.stored === null) return answer.ok ? NOT_THE_HUB : answer;
  const genuine = await verify(hubKey, answer.value.stored, attachmentStoredStatement(signer.zone, epoch(), sha, bytes.length));
  return genuine ? { ok: true, value: null } : NOT_THE_HUB;
}

/** A piece that takes about as long as a person would wait for another's; it grows and shrinks by halves. */
export function nextPieceBytes(bytes: number, tookMs: number): number {
  const wanted = (bytes * PIECE_MS) / Math.max(tookMs, 1);
  const near = Math.min(Math.max(wanted, bytes / 2), bytes * 2);
  return Math.round(Math.min(Math.max(near, PIECE_BYTES_MIN), PIECE_BYTES_MAX));
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

function announcement(sha: Bytes, size: number): Record<string, string> {
  return { 'Upload-Length': String(size), 'Upload-Metadata': `sha256 ${btoa(toHex(sha))}` };
}

/** One request of an upload; `path` is where it is, empty: the answer says. */
async function ask(hub: HubAddress, request: Ask, path: string, size: number): Promise<Answer<Standing>> {
  const timeoutMs = REQUEST_TIMEOUT_MS + (request.body?.length ?? 0) / SLOW_LINE_BYTES_PER_MS;
  const answer = await exchange(hub, { ...request, timeoutMs });
  if (!answer.ok) return answer;
  const { response } = answer.value;
  if (!response.ok) return refusalOf(answer.value);
  const offset = response.headers.get('Upload-Offset') ?? '';
  const where = path === '' ? (response.headers.get('Location') ?? '') : path;
  const known = /^\d{1,9}$/.test(offset) && Number(offset) <= size && /^\/api\/uploads\/[\w-]+$/.test(where);
  if (!known) return NOT_THE_HUB;
  const stored = response.headers.get('Zc-Stored');
  try {
    return { ok: true, value: { path: where, offset: Number(offset), stored: stored === null ? null : fromBase64Url(stored) } };
  } catch {
    return NOT_THE_HUB;
  }
}
