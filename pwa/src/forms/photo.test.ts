// What is decided about a photograph before and after it is drawn; the drawing itself is tested in a real browser.
import { describe, expect, it } from 'vitest'
import { readImageHeader } from './imageHeader'
import { encodeWithin, fitWithin, judgeSize, judgeSource, PHOTO_BYTES_AIM, PHOTO_QUALITIES, reencodePhoto } from './photo'

const text = (ascii: string) => [...ascii].map((char) => char.charCodeAt(0))
const be16 = (n: number) => [n >> 8, n & 255]
const be32 = (n: number) => [...be16(n >>> 16), ...be16(n & 0xffff)]
const le16 = (n: number) => be16(n).reverse()
const le24 = (n: number) => [n & 255, (n >> 8) & 255, n >> 16]
const le32 = (n: number) => be32(n).reverse()
const of = (...bytes: number[]) => Uint8Array.from(bytes)
const zeros = (n: number) => new Array<number>(n).fill(0)

const exif = [0xff, 0xe1, ...be16(10), ...text('Exif'), ...zeros(4)]
const jpeg = (w: number, h: number) => of(0xff, 0xd8, ...exif, 0xff, 0xff, 0xc2, ...be16(17), 8, ...be16(h), ...be16(w), 3, ...zeros(9))
const png = (w: number, h: number) => of(0x89, ...text('PNG\r\n\x1a\n'), ...be32(13), ...text('IHDR'), ...be32(w), ...be32(h))
const gif = (w: number, h: number) => of(...text('GIF89a'), ...le16(w), ...le16(h))
const bmp = (w: number, h: number) => of(...text('BM'), ...zeros(12), ...le32(40), ...le32(w), ...le32(-h >>> 0), ...zeros(4))
const riff = (...rest: number[]) => of(...text('RIFF'), ...zeros(4), ...text('WEBP'), ...rest)
const webpX = (w: number, h: number) => riff(...text('VP8X'), ...zeros(8), ...le24(w - 1), ...le24(h - 1))
const webpLossy = (w: number, h: number) => riff(...text('VP8 '), ...zeros(10), ...le16(w), ...le16(h))
const webpLossless = (w: number, h: number) => riff(...text('VP8L'), ...zeros(4), 0x2f, ...le32((w - 1) | ((h - 1) << 14)), ...zeros(5))

describe('readImageHeader', () => {
  it.each([
    ['jpeg', jpeg],
    ['png', png],
    ['gif', gif],
    ['bmp', bmp],
    ['webp', webpX],
    ['webp', webpLossy],
    ['webp', webpLossless],
  ] as const)('reads the kind and size of %s', (kind, make) => {
    expect(readImageHeader(make(4032, 3024))).toEqual({ kind, size: { width: 4032, height: 3024 } })
  })
  it('knows a HEIF picture and leaves its size to the decoder', () => {
    expect(readImageHeader(of(...zeros(4), ...text('ftypheic')))).toEqual({ kind: 'heif', size: null })
  })
  it('never reads past the end, wherever a file is cut', () => {
    for (const whole of [jpeg(9, 9), png(9, 9), gif(9, 9), bmp(9, 9), webpX(9, 9), webpLossy(9, 9), webpLossless(9, 9)]) {
      for (let n = 0; n < whole.length; n += 1) expect(() => readImageHeader(whole.slice(0, n))).not.toThrow()
    }
  })
  it('takes no PDF, text, archive or drawing for a picture', () => {
    for (const start of ['%PDF-1.7', '<svg xmlns="', 'PK\x03\x04', 'hello', '']) {
      expect(readImageHeader(of(...text(start), ...zeros(40)))).toBeNull()
    }
  })
})

describe('judgeSource', () => {
  it.each([
    ['an empty file', 0, of(), 'photo-unreadable'],
    ['a document', 900, of(...text('%PDF-1.7')), 'photo-type'],
    ['a huge document', 99_000_000, of(...text('%PDF-1.7')), 'photo-type'],
    ['a huge file', 25_000_001, jpeg(4032, 3024), 'photo-too-large'],
    ['a small file with a huge picture', 900, png(8_000, 5_001), 'photo-too-large'],
    ['a picture of no width', 900, png(0, 5), 'photo-unreadable'],
    ['the largest picture', 25_000_000, png(8_000, 5_000), null],
    ['a photograph', 4_000_000, jpeg(4032, 3024), null],
  ] as const)('%s', (_, size, head, code) => {
    expect(judgeSource(size, head)).toBe(code)
  })
  it('judges a decoded picture by the same measure', () => {
    expect(judgeSize({ width: 8_000, height: 5_001 })).toBe('photo-too-large')
    expect(judgeSize({ width: 8_000, height: 5_000 })).toBeNull()
  })
})

describe('fitWithin', () => {
  it.each([
    [4032, 3024, 1600, 1200],
    [3024, 4032, 1200, 1600],
    [1600, 1600, 1600, 1600],
    [640, 480, 640, 480],
    [20_000, 3, 1600, 1],
  ])('%i × %i becomes %i × %i', (width, height, w, h) => {
    expect(fitWithin({ width, height }, 1_600)).toEqual({ width: w, height: h })
  })
})

describe('encodeWithin', () => {
  const encoder = (bytesAtFull: number) => {
    const asked: number[] = []
    const encode = async (quality: number) => {
      asked.push(quality)
      return Promise.resolve(new Blob([new Uint8Array(Math.round(bytesAtFull * quality))]))
    }
    return { asked, encode }
  }
  it('keeps the best quality that fits', async () => {
    const { asked, encode } = encoder(280_000)
    const blob = await encodeWithin(encode, PHOTO_BYTES_AIM, PHOTO_QUALITIES)
    expect(blob.size).toBeLessThanOrEqual(PHOTO_BYTES_AIM)
    expect(asked).toEqual([0.82, 0.74, 0.66])
  })
  it('stops at the floor of quality, however large the picture still is', async () => {
    const { asked, encode } = encoder(900_000)
    expect((await encodeWithin(encode, PHOTO_BYTES_AIM, PHOTO_QUALITIES)).size).toBe(450_000)
    expect(asked).toEqual(PHOTO_QUALITIES)
  })
  it('falls from step to step', () => {
    expect(PHOTO_QUALITIES).toEqual([...PHOTO_QUALITIES].sort((a, b) => b - a))
  })
})

it('refuses a file by its content, whatever it calls itself', async () => {
  expect(await reencodePhoto(new Blob(['%PDF-1.7'], { type: 'image/jpeg' }))).toEqual({ ok: false, code: 'photo-type' })
  expect(await reencodePhoto(new Blob([], { type: 'image/jpeg' }))).toEqual({ ok: false, code: 'photo-unreadable' })
})
