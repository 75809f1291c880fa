// The paper is found where it is plain to see; in doubt nothing is cut; a frame stays a frame however it is dragged.
import { describe, expect, it } from 'vitest'
import { isWhole, luminanceOf, moveCorner, pixelsOf, proposeCrop, SIDE_MIN, WHOLE, type Box } from './crop'

const SIZE = { width: 240, height: 180 }
/** A picture made point by point; `grain` adds the same noise every time. */
function picture(at: (x: number, y: number) => number, grain = 0): Uint8Array {
  let seed = 7
  return Uint8Array.from({ length: SIZE.width * SIZE.height }, (_, i) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    const noise = grain * (seed / 1_073_741_824 - 1)
    return Math.min(255, Math.max(0, at(i % SIZE.width, Math.floor(i / SIZE.width)) + noise))
  })
}
const within = (x: number, y: number, left: number, top: number, right: number, bottom: number) => x >= left && x < right && y >= top && y < bottom
/** A sheet from 60,30 to 180,150 with lines of print. */
const sheet = (x: number, y: number) => within(x, y, 60, 30, 180, 150)
const print = (x: number, y: number) => within(x, y, 75, 45, 165, 135) && y % 12 < 3

function expectNear(box: Box, left: number, top: number, right: number, bottom: number): void {
  const [w, h] = [SIZE.width, SIZE.height]
  for (const [is, wanted] of [[box.left, left / w], [box.top, top / h], [box.right, right / w], [box.bottom, bottom / h]] as const) {
    expect(Math.abs(is - wanted)).toBeLessThan(0.03)
  }
  // Never inside the paper.
  expect(box.left <= left / w && box.top <= top / h && box.right >= right / w && box.bottom >= bottom / h).toBe(true)
}

describe('proposeCrop', () => {
  it('finds a white sheet on a dark table', () => {
    expectNear(proposeCrop(picture((x, y) => (sheet(x, y) ? 225 : 60)), SIZE), 60, 30, 180, 150)
  })
  it('finds it with print, grain and uneven light', () => {
    const shot = picture((x, y) => (sheet(x, y) && !print(x, y) ? 200 : 50) + x / 8, 22)
    expectNear(proposeCrop(shot, SIZE), 60, 30, 180, 150)
  })
  it('finds a sheet that lies four degrees askew, corners and all', () => {
    const [cos, sin] = [Math.cos(0.07), Math.sin(0.07)]
    const shot = picture((x, y) => {
      const [dx, dy] = [x - 120, y - 90]
      return Math.abs(dx * cos + dy * sin) < 60 && Math.abs(dy * cos - dx * sin) < 60 ? 220 : 70
    })
    expectNear(proposeCrop(shot, SIZE), 56, 26, 184, 154)
  })
  it('finds a sheet that runs out of the picture', () => {
    expectNear(proposeCrop(picture((x) => (x >= 80 ? 220 : 60)), SIZE), 80, 0, 240, 180)
  })
  it.each<[string, (x: number, y: number) => number, number?]>([
    ['one brightness', () => 180],
    ['grain alone', () => 120, 40],
    ['a sheet that fills the picture', (x, y) => (print(x, y) ? 40 : 230)],
    ['a pale card on a pale table', (x, y) => (sheet(x, y) ? 220 : 190), 6],
    ['a dark booklet on a bright table', (x, y) => (sheet(x, y) ? 50 : 220)],
    ['the two sides of a card', (x, y) => (within(x, y, 20, 50, 110, 130) || within(x, y, 130, 50, 220, 130) ? 220 : 60)],
    ['a sheet with a slip beside it', (x, y) => (within(x, y, 20, 20, 150, 160) || within(x, y, 170, 60, 220, 110) ? 220 : 60)],
    ['a bright thing that is no sheet', (x, y) => (Math.abs(x - 120) + Math.abs(y - 90) < 80 ? 220 : 60)],
    ['a small bright spot', (x, y) => (within(x, y, 100, 70, 140, 100) ? 240 : 60)],
  ])('leaves all of it: %s', (_, at, grain = 0) => {
    expect(proposeCrop(picture(at, grain), SIZE)).toEqual(WHOLE)
  })
  it('takes any size, and none that lies', () => {
    expect(proposeCrop(Uint8Array.of(200), { width: 1, height: 1 })).toEqual(WHOLE)
    expect(() => proposeCrop(Uint8Array.of(1, 2), { width: 3, height: 1 })).toThrow(RangeError)
  })
})

describe('a frame', () => {
  it('moves by one corner and leaves the opposite one', () => {
    expect(moveCorner(WHOLE, 'tl', 0.2, 0.1)).toEqual({ left: 0.2, top: 0.1, right: 1, bottom: 1 })
    expect(moveCorner(WHOLE, 'br', -0.2, -0.1)).toEqual({ left: 0, top: 0, right: 0.8, bottom: 0.9 })
    expect(moveCorner(WHOLE, 'tr', -0.2, 0.1)).toEqual({ left: 0, top: 0.1, right: 0.8, bottom: 1 })
    expect(moveCorner(WHOLE, 'bl', 0.2, -0.1)).toEqual({ left: 0.2, top: 0, right: 1, bottom: 0.9 })
  })
  it('stays in the picture and keeps its sides', () => {
    for (const corner of ['tl', 'tr', 'bl', 'br'] as const) {
      for (const [dx, dy] of [[5, 5], [-5, -5], [5, -5], [-5, 5]] as const) {
        const box = moveCorner(WHOLE, corner, dx, dy)
        expect(Math.min(box.left, box.top, 1 - box.right, 1 - box.bottom)).toBeGreaterThanOrEqual(0)
        expect(Math.min(box.right - box.left, box.bottom - box.top)).toBeGreaterThanOrEqual(SIDE_MIN - 1e-9)
      }
    }
  })
  it('knows the whole picture', () => {
    expect([isWhole(WHOLE), isWhole(moveCorner(WHOLE, 'tl', 0.01, 0))]).toEqual([true, false])
  })
  it('covers whole pixels, never none and never more than there are', () => {
    expect(pixelsOf(WHOLE, { width: 4032, height: 3024 })).toEqual({ x: 0, y: 0, width: 4032, height: 3024 })
    expect(pixelsOf({ left: 0.25, top: 0.5, right: 0.75, bottom: 1 }, { width: 400, height: 200 })).toEqual({ x: 100, y: 100, width: 200, height: 100 })
    expect(pixelsOf({ left: 0.95, top: 0.95, right: 1, bottom: 1 }, { width: 1, height: 1 })).toEqual({ x: 0, y: 0, width: 1, height: 1 })
  })
  it('looks at brightness as an eye does', () => {
    expect([...luminanceOf(Uint8ClampedArray.of(255, 255, 255, 255, 0, 0, 0, 255, 0, 255, 0, 255))]).toEqual([255, 0, 149])
  })
})
