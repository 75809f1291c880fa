// Re-encodes a photograph of a material: upright, cropped, at most 1600 px, about 200 kB of JPEG, nothing of its EXIF.
//
// The decisions are pure functions; `reencodePhoto` lends them a decoder and a canvas (window or worker).
import { LOOK_EDGE_PX, luminanceOf, pixelsOf, proposeCrop, WHOLE, type Box } from './crop'
import { IMAGE_HEADER_BYTES, readImageHeader, type ImageSize } from './imageHeader'

export const PHOTO_EDGE_PX_MAX = 1_600
export const PHOTO_BYTES_AIM = 200_000
export const PHOTO_QUALITIES: readonly number[] = [0.82, 0.74, 0.66, 0.58, 0.5]
export const PHOTO_SOURCE_BYTES_MAX = 25_000_000
export const PHOTO_SOURCE_PIXELS_MAX = 40_000_000

/** Why a file was not taken: no image, not decodable (damaged, empty, unknown to this browser), or too large. */
export type PhotoCode = 'photo-type' | 'photo-unreadable' | 'photo-too-large'

export interface Photo {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly mime: 'image/jpeg'
  readonly width: number
  readonly height: number
  /** Lower-case hex of the SHA-256 of `bytes`: the photo's name in events and uploads. */
  readonly sha256: string
}
export type PhotoRefusal = { readonly ok: false; readonly code: PhotoCode }
export type PhotoResult = { readonly ok: true; readonly photo: Photo } | PhotoRefusal

/** A drawn picture that can be encoded as often as needed; `quality` is 0 to 1. */
type Encode = (quality: number) => Promise<Blob>

/** Whether a file may be decoded at all, from its length and its first bytes (IMAGE_HEADER_BYTES, or all). */
export function judgeSource(sizeBytes: number, head: Uint8Array): PhotoCode | null {
  if (sizeBytes === 0) return 'photo-unreadable'
  const header = readImageHeader(head)
  if (header === null) return 'photo-type'
  if (sizeBytes > PHOTO_SOURCE_BYTES_MAX) return 'photo-too-large'
  return header.size === null ? null : judgeSize(header.size)
}

/** Whether a picture of this size may be drawn. */
export function judgeSize({ width, height }: ImageSize): PhotoCode | null {
  if (width < 1 || height < 1) return 'photo-unreadable'
  return width * height > PHOTO_SOURCE_PIXELS_MAX ? 'photo-too-large' : null
}

/** The size that fits the long edge, in whole pixels of at least one; small pictures are never enlarged. */
export function fitWithin({ width, height }: ImageSize, edgePxMax: number): ImageSize {
  const scale = Math.min(1, edgePxMax / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

/** The first encoding within the aim, or the last and smallest: below the floor of quality nothing is readable. */
export async function encodeWithin(encode: Encode, bytesAim: number, qualities: readonly number[]): Promise<Blob> {
  let blob: Blob | null = null
  for (const quality of qualities) {
    blob = await encode(quality)
    if (blob.size <= bytesAim) break
  }
  if (blob === null) throw new RangeError('no quality to encode with')
  return blob
}

/** Re-encodes a part of a file from a camera or a picker; anything that is not a picture is refused with a code. */
export async function reencodePhoto(file: Blob, box: Box = WHOLE): Promise<PhotoResult> {
  return withPicture(file, async (bitmap) => ({ ok: true, photo: await encodePart(bitmap, box) }))
}

/** The whole picture re-encoded, and where the paper in it seems to lie. */
export async function takePhoto(file: Blob): Promise<{ ok: true; photo: Photo; proposed: Box } | PhotoRefusal> {
  return withPicture(file, async (bitmap) => {
    const look = fitWithin(bitmap, LOOK_EDGE_PX)
    const { data } = draw(bitmap, WHOLE, look).getImageData(0, 0, look.width, look.height)
    return { ok: true, photo: await encodePart(bitmap, WHOLE), proposed: proposeCrop(luminanceOf(data), look) }
  })
}

/** Decodes for as long as `use` takes: an open picture is large. */
async function withPicture<T>(file: Blob, use: (bitmap: ImageBitmap) => Promise<T>): Promise<T | PhotoRefusal> {
  const head = await bytesOf(file.slice(0, IMAGE_HEADER_BYTES))
  const refused = head === null ? 'photo-unreadable' : judgeSource(file.size, head)
  if (refused !== null) return { ok: false, code: refused }
  const bitmap = await decode(file)
  if (bitmap === null) return { ok: false, code: 'photo-unreadable' }
  try {
    const tooLarge = judgeSize(bitmap)
    return tooLarge === null ? await use(bitmap) : { ok: false, code: tooLarge }
  } finally {
    bitmap.close()
  }
}

async function encodePart(bitmap: ImageBitmap, box: Box): Promise<Photo> {
  const size = fitWithin(pixelsOf(box, bitmap), PHOTO_EDGE_PX_MAX)
  const { canvas } = draw(bitmap, box, size)
  const blob = await encodeWithin(async (quality) => canvas.convertToBlob({ type: 'image/jpeg', quality }), PHOTO_BYTES_AIM, PHOTO_QUALITIES)
  const bytes = new Uint8Array(await blob.arrayBuffer())
  return { bytes, mime: 'image/jpeg', ...size, sha256: await sha256Hex(bytes) }
}

/** The file's bytes, or null if it is gone: a picked file may be moved before it is read. */
async function bytesOf(file: Blob): Promise<Uint8Array | null> {
  return file.arrayBuffer().then(
    (buffer) => new Uint8Array(buffer),
    () => null,
  )
}

/** The upright picture, or null: a decoder's refusal is an answer about the file, not a failure of ours. */
async function decode(file: Blob): Promise<ImageBitmap | null> {
  return createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null)
}

/** Draws a part of the picture at this size; on white, since JPEG has no transparency. */
function draw(bitmap: ImageBitmap, box: Box, { width, height }: ImageSize): OffscreenCanvasRenderingContext2D {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { alpha: false })
  if (context === null) throw new Error('no 2d canvas in this browser')
  context.fillStyle = '#fff'
  context.fillRect(0, 0, width, height)
  context.imageSmoothingQuality = 'high'
  const part = pixelsOf(box, bitmap)
  context.drawImage(bitmap, part.x, part.y, part.width, part.height, 0, 0, width, height)
  return context
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
