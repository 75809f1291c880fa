// Holds number.ts to the vectors of sync/number.py, and to the promises about slips that no vector can list.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as number from './number'

interface Row {
  readonly raw: string
  readonly printed: boolean
  readonly code?: string
  readonly parts?: readonly (string | number)[]
}
interface Vectors {
  readonly normalise: readonly { raw: string; text: string }[]
  readonly check: readonly { text: string; check: string }[]
  readonly residentId: readonly { text: string; ok: boolean }[]
  readonly creditCode: readonly { text: string; ok: boolean }[]
  readonly receiptMake: readonly { parts: [string, number, string, number]; text: string }[]
  readonly receiptParse: readonly Row[]
  readonly caseParse: readonly Row[]
}
const file = new URL('../../../sync/vectors/number.json', import.meta.url)
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors

const ALPHABET = [...number.ALPHANUMERICS]
const otherCharacters = (text: string) =>
  [...text].flatMap((was, i) =>
    was === '-' ? [] : ALPHABET.filter((c) => c !== was).map((c) => text.slice(0, i) + c + text.slice(i + 1)),
  )
const exchanges = (text: string) =>
  [...text].flatMap((a, i) => {
    const b = text[i + 1]
    return b === undefined || a === b ? [] : [text.slice(0, i) + b + a + text.slice(i + 2)]
  })

describe('the vectors', () => {
  it('normalises', () => {
    for (const { raw, text } of vectors.normalise) expect(number.normaliseCode(raw)).toBe(text)
  })
  it('computes ISO 7064 check characters', () => {
    for (const { text, check } of vectors.check) expect(number.checkCharacter(text)).toBe(check)
  })
  it('judges resident IDs and credit codes', () => {
    for (const { text, ok } of vectors.residentId) expect(number.isResidentId(text), text).toBe(ok)
    for (const { text, ok } of vectors.creditCode) expect(number.isCreditCode(text), text).toBe(ok)
  })
  it('prints receipt numbers', () => {
    for (const { parts, text } of vectors.receiptMake) expect(number.makeReceiptNumber(...parts)).toBe(text)
  })
  it('reads receipt numbers', () => {
    for (const { raw, printed, code, parts } of vectors.receiptParse) {
      const read = number.parseReceiptNumber(raw)
      expect('code' in read ? read.code : [read.point, read.device, read.date, read.counter], raw).toEqual(code ?? parts)
      expect(number.isReceiptNumber(raw), raw).toBe(printed)
    }
  })
  it('reads and prints case numbers', () => {
    for (const { raw, printed, code, parts } of vectors.caseParse) {
      const read = number.parseCaseNumber(raw)
      expect('code' in read ? read.code : [read.implementationCode, read.date, read.serial], raw).toEqual(code ?? parts)
      expect(number.isCaseNumber(raw), raw).toBe(printed)
      if (!('code' in read)) {
        expect(number.makeCaseNumber(read.implementationCode, read.date, read.serial)).toBe(number.normaliseCode(raw))
      }
    }
  })
})

describe('a slip', () => {
  const receipts = Array.from({ length: 40 }, (_, i) => number.makeReceiptNumber('HALL', 7 * i + 1, '20261123', 61 * i + 1))

  it('of one character is always found', () => {
    for (const text of ['11010519491231002X', '440524188001010014', '990270197404027850']) {
      expect(otherCharacters(text).filter(number.isResidentId)).toEqual([])
    }
    for (const text of ['91350100M000100Y43', '12441500196720244T']) {
      expect(otherCharacters(text).filter(number.isCreditCode)).toEqual([])
    }
    for (const text of receipts) {
      expect(otherCharacters(text).filter((wrong) => !('code' in number.parseReceiptNumber(wrong)))).toEqual([])
    }
  })
  it('of two neighbours is always found in IDs and credit codes', () => {
    expect(exchanges('11010519491231002X').filter(number.isResidentId)).toEqual([])
    expect(exchanges('91350100M000100Y43').filter(number.isCreditCode)).toEqual([])
  })
  it('of two neighbours is missed in a receipt number only between digits that differ by one', () => {
    for (const text of receipts.map((receipt) => receipt.replaceAll('-', ''))) {
      for (const wrong of exchanges(text).filter((slip) => !('code' in number.parseReceiptNumber(slip)))) {
        const place = [...text].findIndex((char, i) => char !== wrong[i])
        const [a, b] = [text.charAt(place), wrong.charAt(place)].map((char) => number.ALPHANUMERICS.indexOf(char))
        expect([1, 35]).toContain(Math.abs((a ?? 0) - (b ?? 0)))
      }
    }
  })
  it('in the parts is refused before anything is printed', () => {
    expect(() => number.makeReceiptNumber('hall', 1, '20261123', 1)).toThrow(RangeError)
    expect(() => number.makeReceiptNumber('HALL', 1.5, '20261123', 1)).toThrow(RangeError)
    expect(() => number.makeReceiptNumber('HALL', 1, '20261131', 1)).toThrow(RangeError)
    expect(() => number.makeCaseNumber('12441500196720244T3442199806003', '20261123', 10_000)).toThrow(RangeError)
  })
})
