// Frames: a message as it travels, compressed where that helps (docs/protocol.md, section 4). Twin of sync/codec.py.
//
//   byte 0-1   "ZC"          what is not ours (a captive portal's page) is found at once
//   byte 2     flags         bit 0: the payload is raw deflate (RFC 1951); all others 0
//   byte 3-    payload       one MessagePack message
//
// Compression is the platform's own stream, off this thread; so making and reading a frame is asynchronous.

import { DecodeError, Decoder, Encoder, ExtData, ExtensionCodec } from '@msgpack/msgpack';

import { concat, own, type Bytes } from './bytes';
import { FRAME_BYTES_MAX, FRAME_DEFLATE_BYTES_MIN, FRAME_INFLATED_BYTES_MAX } from './generated/limits';

export { DecodeError };

export const CONTENT_TYPE = 'application/vnd.zongchuang.sync';

const DEFLATED = 1;
const MAGIC = [0x5a, 0x43] as const;

/** The bytes are no frame of this protocol; what follows them cannot be trusted. */
export class FrameError extends Error {
  constructor(
    readonly code: 'frame-malformed' | 'frame-oversized',
    detail: string,
  ) {
    super(`${code}: ${detail}`);
    this.name = 'FrameError';
  }
}

const encoder = new Encoder();
const sortingEncoder = new Encoder({ sortKeys: true });
// The protocol has no extension types; as unread bytes one cannot break the reading of what stands around it.
const extensionCodec = new ExtensionCodec();
extensionCodec.register({ type: -1, encode: () => null, decode: (data) => new ExtData(-1, data) });
const decoder = new Decoder({ extensionCodec, mapKeyConverter: textKey });

/** Stands for a map key that is no text: a shape refuses a map that has it, an unread part may hold anything. */
export const NO_TEXT_KEY = Symbol('no text');

function textKey(key: unknown): string {
  // The decoder only uses it as a property, so a symbol, which no text can equal, serves as well.
  return typeof key === 'string' ? key : (NO_TEXT_KEY as unknown as string);
}

/** A value as MessagePack, in bytes of its own. */
export function packValue(value: unknown): Bytes {
  return encoder.encode(value);
}

/** The same with the keys of every map sorted by their bytes (they are ASCII here). */
export function packSorted(value: unknown): Bytes {
  return sortingEncoder.encode(value);
}

/** Reads one MessagePack value; throws on anything else. Byte strings in it are views into `bytes`. */
export function unpackValue(bytes: Uint8Array): unknown {
  return decoder.decode(bytes);
}

/** One frame around an encoded message. */
export async function encodeFrame(payload: Bytes): Promise<Bytes> {
  if (payload.length < FRAME_DEFLATE_BYTES_MIN) return concat(Uint8Array.of(...MAGIC, 0), payload);
  const deflated = await pipe(payload, new CompressionStream('deflate-raw'), Infinity);
  return concat(Uint8Array.of(...MAGIC, DEFLATED), deflated);
}

/** Whether the bytes begin as a frame does. */
export function isFrame(bytes: Uint8Array): boolean {
  return bytes[0] === MAGIC[0] && bytes[1] === MAGIC[1];
}

/** The payload of one frame. Throws FrameError. */
export async function decodeFrame(frame: Bytes): Promise<Bytes> {
  if (frame.length > FRAME_BYTES_MAX) throw new FrameError('frame-oversized', `${String(frame.length)} bytes`);
  const [, , flags = 0xff] = frame;
  if (frame.length < 4 || !isFrame(frame) || (flags & ~DEFLATED) !== 0) {
    throw new FrameError('frame-malformed', 'not a frame');
  }
  const payload = frame.subarray(3);
  if ((flags & DEFLATED) === 0) return payload;
  try {
    return await pipe(payload, new DecompressionStream('deflate-raw'), FRAME_INFLATED_BYTES_MAX);
  } catch (error) {
    if (error instanceof FrameError) throw error;
    throw new FrameError('frame-malformed', String(error));
  }
}

/** An HTTP body of several frames, each behind its length as 4 big-endian bytes. */
export function joinFrames(frames: readonly Uint8Array[]): Bytes {
  return concat(...frames.flatMap((frame) => [bigEndian32(frame.length), frame]));
}

/** The frames of an HTTP body. Throws FrameError when it is truncated. */
export function splitFrames(body: Bytes): Bytes[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const frames: Bytes[] = [];
  let at = 0;
  while (at < body.length) {
    const start = at + 4;
    const end = start <= body.length ? start + view.getUint32(at) : Infinity;
    if (end > body.length) throw new FrameError('frame-malformed', 'truncated body');
    frames.push(body.subarray(start, end));
    at = end;
  }
  return frames;
}

function bigEndian32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

type Transform = CompressionStream | DecompressionStream;

/** Runs bytes through a stream, giving up past `sizeMax` bytes so that a small frame cannot fill the memory. */
async function pipe(bytes: Bytes, transform: Transform, sizeMax: number): Promise<Bytes> {
  const writer = transform.writable.getWriter();
  // A broken stream rejects both ends; the reading end reports it.
  const written = writer.write(bytes).then(() => writer.close());
  written.catch(() => undefined);
  const reader = transform.readable.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const chunk = value as Uint8Array;
    size += chunk.length;
    if (size > sizeMax) {
      await reader.cancel();
      throw new FrameError('frame-oversized', 'inflates past the limit');
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 ? own(chunks[0] as Uint8Array) : concat(...chunks);
}
