// Reads an image's kind and size from its first bytes, before anything is decoded: a small file can hold a huge picture.
//
// Pure. Sources: ITU T.81 (JPEG markers), PNG 3rd edition, RFC 9649 (WebP), GIF89a, ISO 23008-12 (HEIF brands).

export type ImageKind = 'jpeg' | 'png' | 'webp' | 'gif' | 'bmp' | 'heif'

/** `size` is null where the header does not say it plainly; the decoder then has the last word. */
export interface ImageHeader {
  readonly kind: ImageKind
  readonly size: ImageSize | null
}
export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** How many bytes of a file suffice: a JPEG's size may stand behind embedded thumbnails and colour profiles. */
export const IMAGE_HEADER_BYTES = 262_144

/** What the bytes begin with, or null if that is no image that a browser may decode. */
export function readImageHeader(bytes: Uint8Array): ImageHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (startsWith(bytes, 0, [0xff, 0xd8, 0xff])) return { kind: 'jpeg', size: jpegSize(view) }
  if (startsWith(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) {
    return { kind: 'png', size: bytes.length < 24 ? null : { width: view.getUint32(16), height: view.getUint32(20) } }
  }
  if (ascii(bytes, 0, 'RIFF') && ascii(bytes, 8, 'WEBP')) return { kind: 'webp', size: webpSize(bytes, view) }
  if (ascii(bytes, 0, 'GIF8')) {
    return { kind: 'gif', size: bytes.length < 10 ? null : { width: view.getUint16(6, true), height: view.getUint16(8, true) } }
  }
  if (ascii(bytes, 0, 'BM') && bytes.length >= 26 && view.getUint32(14, true) >= 40) {
    return { kind: 'bmp', size: { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) } }
  }
  const heif = ['heic', 'heix', 'hevc', 'mif1', 'msf1', 'avif'].some((brand) => ascii(bytes, 8, brand))
  return ascii(bytes, 4, 'ftyp') && heif ? { kind: 'heif', size: null } : null
}

/** Walks the segments to the start of a frame (SOF0 to SOF15 without DHT, JPG and DAC). */
function jpegSize(view: DataView): ImageSize | null {
  let at = 2
  while (at + 9 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) return null
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      at += 1
      continue
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) }
    if (marker === 0xd9 || marker === 0xda) return null
    const standalone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)
    at += standalone ? 2 : 2 + view.getUint16(at + 2)
  }
  return null
}

function webpSize(bytes: Uint8Array, view: DataView): ImageSize | null {
  if (bytes.length < 30) return null
  if (ascii(bytes, 12, 'VP8X')) return { width: uint24(view, 24) + 1, height: uint24(view, 27) + 1 }
  if (ascii(bytes, 12, 'VP8 ')) {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
  }
  if (!ascii(bytes, 12, 'VP8L')) return null
  const bits = view.getUint32(21, true)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) + view.getUint8(at + 2) * 65_536
}

function startsWith(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, i) => bytes[at + i] === byte)
}

function ascii(bytes: Uint8Array, at: number, text: string): boolean {
  return startsWith(bytes, at, [...text].map((char) => char.charCodeAt(0)))
}
