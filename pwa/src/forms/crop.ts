// Where a paper lies in its photograph, and a crop frame that a person may change. Pure; parts of the picture, 0 to 1.
//
// The proposal is cautious: bright and dark are parted by Otsu's threshold, the largest bright patch must be alone and
// fill its own box as a sheet does. In any doubt the whole picture is proposed: too much is a nuisance, too little is a loss.
import type { ImageSize } from './imageHeader'

export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}
export type Corner = 'tl' | 'tr' | 'bl' | 'br'

export const WHOLE: Box = { left: 0, top: 0, right: 1, bottom: 1 }
export const CORNERS: readonly Corner[] = ['tl', 'tr', 'bl', 'br']
/** Long edge of the picture in which the paper is looked for: edges stay, print and grain blur away. */
export const LOOK_EDGE_PX = 240
/** No side of a crop is shorter: a slip of the finger must not leave a strip. */
export const SIDE_MIN = 0.1

/** Mean luminance between table and paper (of 255) from which they are two things, not one thing in uneven light. */
const CONTRAST_MIN = 45
const PAPER_PART_MIN = 0.2
/** A sheet with print on it, or lying a few degrees askew, still fills this much of its box. */
const PAPER_FILL_MIN = 0.75
/** A second bright patch of this part of the first may be the other side of a card: then nothing is cut. */
const SECOND_PART_MAX = 0.08
/** Left around the paper, so that its own edge stays in the picture. */
const MARGIN = 0.012
/** What gains less than this is not worth a question. */
const GAIN_MIN = 0.06

/** The paper's box in a picture of 8-bit luminance, row by row; the whole picture where that is not certain. */
export function proposeCrop(luminance: Uint8Array, { width, height }: ImageSize): Box {
  if (width < 1 || height < 1 || luminance.length !== width * height) throw new RangeError('luminance and size differ')
  const { threshold, contrast } = partBrightness(luminance)
  if (contrast < CONTRAST_MIN) return WHOLE
  const [paper, second] = brightPatches(luminance, { width, height }, threshold)
  if (paper === undefined || paper.pixels < PAPER_PART_MIN * luminance.length) return WHOLE
  if (second !== undefined && second.pixels > SECOND_PART_MAX * paper.pixels) return WHOLE
  const box = { left: paper.left / width, top: paper.top / height, right: (paper.right + 1) / width, bottom: (paper.bottom + 1) / height }
  const part = partOf(box)
  if (paper.pixels / luminance.length < PAPER_FILL_MIN * part || part > 1 - GAIN_MIN) return WHOLE
  return {
    left: Math.max(0, box.left - MARGIN),
    top: Math.max(0, box.top - MARGIN),
    right: Math.min(1, box.right + MARGIN),
    bottom: Math.min(1, box.bottom + MARGIN),
  }
}

export function isWhole(box: Box): boolean {
  return box.left <= 0 && box.top <= 0 && box.right >= 1 && box.bottom >= 1
}

/** The frame with one corner moved by parts of the picture: inside it, and never narrower than SIDE_MIN. */
export function moveCorner(box: Box, corner: Corner, dx: number, dy: number): Box {
  const west = corner === 'tl' || corner === 'bl'
  const north = corner === 'tl' || corner === 'tr'
  return {
    left: west ? clamp(box.left + dx, 0, box.right - SIDE_MIN) : box.left,
    right: west ? box.right : clamp(box.right + dx, box.left + SIDE_MIN, 1),
    top: north ? clamp(box.top + dy, 0, box.bottom - SIDE_MIN) : box.top,
    bottom: north ? box.bottom : clamp(box.bottom + dy, box.top + SIDE_MIN, 1),
  }
}

/** The frame in whole pixels of a picture, at least one each way. */
export function pixelsOf(box: Box, { width, height }: ImageSize): { x: number; y: number } & ImageSize {
  const x = Math.min(width - 1, Math.floor(box.left * width))
  const y = Math.min(height - 1, Math.floor(box.top * height))
  return { x, y, width: Math.max(1, Math.ceil(box.right * width) - x), height: Math.max(1, Math.ceil(box.bottom * height) - y) }
}

/** Luminance (Rec. 601) of RGBA pixels. */
export function luminanceOf(rgba: Uint8ClampedArray): Uint8Array {
  const grey = new Uint8Array(rgba.length / 4)
  for (let i = 0; i < grey.length; i += 1) {
    const at = i * 4
    grey[i] = ((rgba[at] ?? 0) * 299 + (rgba[at + 1] ?? 0) * 587 + (rgba[at + 2] ?? 0) * 114) / 1000
  }
  return grey
}

function partOf(box: Box): number {
  return (box.right - box.left) * (box.bottom - box.top)
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value))
}

/** Otsu: the threshold that parts the brightnesses best, and how far the two means lie apart. */
function partBrightness(luminance: Uint8Array): { threshold: number; contrast: number } {
  const count = new Uint32Array(256)
  let sum = 0
  for (const value of luminance) {
    count[value] = (count[value] ?? 0) + 1
    sum += value
  }
  let best = { threshold: 255, contrast: 0, spread: 0 }
  let darkCount = 0
  let darkSum = 0
  for (let threshold = 0; threshold < 255; threshold += 1) {
    darkCount += count[threshold] ?? 0
    darkSum += threshold * (count[threshold] ?? 0)
    const brightCount = luminance.length - darkCount
    if (darkCount === 0 || brightCount === 0) continue
    const contrast = (sum - darkSum) / brightCount - darkSum / darkCount
    const spread = darkCount * brightCount * contrast * contrast
    if (spread > best.spread) best = { threshold, contrast, spread }
  }
  return best
}

interface Patch {
  pixels: number
  left: number
  top: number
  right: number
  bottom: number
}

/** Connected patches of what is brighter than the threshold, largest first. */
function brightPatches(luminance: Uint8Array, { width, height }: ImageSize, threshold: number): readonly Patch[] {
  const seen = new Uint8Array(luminance.length)
  const stack = new Uint32Array(luminance.length)
  const patches: Patch[] = []
  for (let start = 0; start < luminance.length; start += 1) {
    if (!isNew(start)) continue
    const patch: Patch = { pixels: 0, left: width, top: height, right: 0, bottom: 0 }
    let depth = 0
    stack[depth++] = start
    seen[start] = 1
    while (depth > 0) {
      const at = stack[--depth] ?? 0
      const x = at % width
      const y = (at - x) / width
      patch.pixels += 1
      patch.left = Math.min(patch.left, x)
      patch.right = Math.max(patch.right, x)
      patch.top = Math.min(patch.top, y)
      patch.bottom = Math.max(patch.bottom, y)
      for (const next of [x > 0 ? at - 1 : at, x < width - 1 ? at + 1 : at, at - width, at + width]) {
        if (!isNew(next)) continue
        seen[next] = 1
        stack[depth++] = next
      }
    }
    patches.push(patch)
  }
  return patches.sort((a, b) => b.pixels - a.pixels)

  function isNew(at: number): boolean {
    return seen[at] === 0 && (luminance[at] ?? 0) > threshold
  }
}
