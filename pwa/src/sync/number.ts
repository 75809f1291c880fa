// Numbers that people read aloud: resident IDs, credit codes, receipt numbers 收件号, case numbers 办件编号.
//
// Pure functions; twin of sync/number.py (same names, same refusal codes), held together by sync/vectors/number.json.
// Sources: GB 11643-1999, GB 32100-2015, ISO 7064 MOD 37,36, domain handbook section 2.

export type NumberCode = 'number-format' | 'number-date' | 'number-check' | 'number-ambiguous'

/** Why a text was not read as a number; the code is stable and has a message in the interface. */
export interface NumberRefusal {
  readonly code: NumberCode
}

/** 收件号: point code, device number (zone-wide, from 1), day YYYYMMDD, counter of that device and day (from 1). */
export interface ReceiptNumber {
  readonly point: string
  readonly device: number
  readonly date: string
  readonly counter: number
}

/** 办件编号: implementation code (31 characters), day of acceptance YYYYMMDD, serial of that day (1 to 9999). */
export interface CaseNumber {
  readonly implementationCode: string
  readonly date: string
  readonly serial: number
}

export const ALPHANUMERICS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
export const CREDIT_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
export const RESIDENT_ID_CHECKS = '10X98765432'
export const SPACES = ' \t\r\n\v\f\u00a0\u2007\u2009\u200b\u202f\u3000\ufeff'
export const HYPHENS = '-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63'
export const CASE_SERIAL_MAX = 9999

const POINT = /^[A-Z]{2,8}$/
const COMPACT_RECEIPT = /^JK([A-Z]{2,8})([0-9]{13,24})([0-9A-Z])$/
const DEVICE = /^[1-9][0-9]{0,7}$/
const COUNTER = /^(?:[0-9]{4}|[1-9][0-9]{4,7})$/
const DATE = /^20[0-9]{6}$/
const RESIDENT_ID = /^[0-9]{17}[0-9X]$/
const CREDIT_CODE = new RegExp(`^[${CREDIT_ALPHABET}]{2}[0-9]{6}[${CREDIT_ALPHABET}]{10}$`)
const IMPLEMENTATION_CODE = /^[0-9A-Z]{18}[1-7][0-9A-Z]{12}$/
const CASE_NUMBER = /^([0-9A-Z]{31})([0-9]{8})([0-9]{4})$/
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Make a typed code canonical: half-width, ASCII upper case, no spaces, every dash a plain hyphen. */
export function normaliseCode(raw: string): string {
  let out = ''
  for (const char of raw) {
    const plain = halfWidth(char)
    if (SPACES.includes(plain)) continue
    if (HYPHENS.includes(plain)) out += '-'
    else out += plain >= 'a' && plain <= 'z' ? plain.toUpperCase() : plain
  }
  return out
}

/** A full-width form (U+FF01 to U+FF5E) as its ASCII twin; any other character as it is. */
export function halfWidth(char: string): string {
  const point = char.codePointAt(0) ?? 0
  return point >= 0xff01 && point <= 0xff5e ? String.fromCharCode(point - 0xfee0) : char
}

/** Whether YYYYMMDD is a day of the Gregorian calendar, year 1 or later. */
export function isRealDate(date: string): boolean {
  if (!/^[0-9]{8}$/.test(date)) return false
  const year = Number(date.slice(0, 4))
  const month = Number(date.slice(4, 6))
  const day = Number(date.slice(6))
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const last = month === 2 && leap ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0)
  return year >= 1 && day >= 1 && day <= last
}

/** The check character of a resident ID's first 17 digits. GB 11643-1999: weights 2^(17-i) mod 11. */
export function residentIdCheck(first17: string): string {
  let total = 0
  for (const [i, digit] of [...first17].entries()) total += Number(digit) * 2 ** (17 - i)
  return RESIDENT_ID_CHECKS.charAt(total % 11)
}

/** Whether the text is a resident ID: 18 characters, a real birth date, the check character fits. */
export function isResidentId(text: string): boolean {
  return RESIDENT_ID.test(text) && isRealDate(text.slice(6, 14)) && residentIdCheck(text.slice(0, 17)) === text[17]
}

/** The check character of a credit code's first 17. GB 32100-2015: weights 3^(i-1) mod 31, 31 minus the sum. */
export function creditCodeCheck(first17: string): string {
  let total = 0
  let weight = 1
  for (const char of first17) {
    total += valueOf(CREDIT_ALPHABET, char) * weight
    weight = (weight * 3) % 31
  }
  return CREDIT_ALPHABET.charAt((31 - (total % 31)) % 31)
}

/**
 * Whether the text is a unified social credit code.
 *
 * The organisation code inside has a check of its own (GB 11714), which issued codes do not always obey: not judged.
 */
export function isCreditCode(text: string): boolean {
  return CREDIT_CODE.test(text) && creditCodeCheck(text.slice(0, 17)) === text[17]
}

/**
 * The ISO 7064 MOD 37,36 check character of a text of 0-9 and A-Z.
 *
 * Finds every single wrong character. Of the 22,680 exchanges of two different neighbours (630 pairs in 36 states) it
 * misses 36, always of characters next to each other in the alphabet, such as 3 and 4: a property of the standard.
 */
export function checkCharacter(alphanumerics: string): string {
  let product = 36
  for (const char of alphanumerics) {
    product = (((product + valueOf(ALPHANUMERICS, char)) % 36 || 36) * 2) % 37
  }
  return ALPHANUMERICS.charAt((37 - product) % 36)
}

function valueOf(alphabet: string, char: string): number {
  const value = alphabet.indexOf(char)
  if (value < 0) throw new RangeError(`not in the alphabet: ${char}`)
  return value
}

/**
 * Print a receipt number, as `JK-HALL-12-20261123-0001-R`; throws RangeError if a part is out of its range.
 *
 * The counter has four digits and grows after 9999. Unique without asking anyone, because the device number is.
 */
export function makeReceiptNumber(point: string, device: number, date: string, counter: number): string {
  const parts = [point, String(device), date, String(counter).padStart(4, '0')]
  const patterns = [POINT, DEVICE, DATE, COUNTER]
  const fits = patterns.every((pattern, i) => pattern.test(parts[i] ?? ''))
  if (!fits || !isRealDate(date) || counter < 1) throw new RangeError(`not the parts of a receipt number: ${parts.join(' ')}`)
  return ['JK', ...parts, checkCharacter(`JK${parts.join('')}`)].join('-')
}

/** Read a receipt number as typed or scanned: any case, full-width, spaces, hyphens missing where one reading fits. */
export function parseReceiptNumber(raw: string): ReceiptNumber | NumberRefusal {
  const text = normaliseCode(raw)
  const compact = text.replaceAll('-', '')
  const [, point, digits, check] = COMPACT_RECEIPT.exec(compact) ?? []
  if (point === undefined || digits === undefined) return { code: 'number-format' }
  const readings = readingsOf(point, digits, hyphensOf(text))
  if (readings.length === 0) return { code: 'number-format' }
  const [first, ...others] = readings.filter((reading) => isRealDate(reading.date))
  if (first === undefined) return { code: 'number-date' }
  if (checkCharacter(compact.slice(0, -1)) !== check) return { code: 'number-check' }
  return others.length === 0 ? first : { code: 'number-ambiguous' }
}

/** Where hyphens stand, as offsets into the text without its hyphens. */
function hyphensOf(text: string): readonly number[] {
  const offsets: number[] = []
  let offset = 0
  for (const char of text) {
    if (char === '-') offsets.push(offset)
    else offset += 1
  }
  return offsets
}

/** Every way to cut the digits into device, day and counter that respects the hyphens which are there. */
function readingsOf(point: string, digits: string, hyphens: readonly number[]): readonly ReceiptNumber[] {
  const start = 2 + point.length
  const found: ReceiptNumber[] = []
  for (let cut = 1; cut < digits.length - 11; cut += 1) {
    const device = digits.slice(0, cut)
    const date = digits.slice(cut, cut + 8)
    const counter = digits.slice(cut + 8)
    const joints = [2, start, start + cut, start + cut + 8, start + digits.length]
    if (!hyphens.every((offset) => joints.includes(offset))) continue
    if (DEVICE.test(device) && DATE.test(date) && COUNTER.test(counter) && Number(counter) > 0) {
      found.push({ point, device: Number(device), date, counter: Number(counter) })
    }
  }
  return found
}

/** Whether the text is a receipt number exactly as printed. */
export function isReceiptNumber(text: string): boolean {
  const parsed = parseReceiptNumber(text)
  return !('code' in parsed) && makeReceiptNumber(parsed.point, parsed.device, parsed.date, parsed.counter) === text
}

/** Whether the text is an implementation code 实施编码: credit code 18, exercise level 1, basic code 12. */
export function isImplementationCode(text: string): boolean {
  return IMPLEMENTATION_CODE.test(text) && isCreditCode(text.slice(0, 18))
}

/** Print an official case number (43 characters); throws RangeError if a part is out of its range. */
export function makeCaseNumber(implementationCode: string, date: string, serial: number): string {
  const inRange = Number.isInteger(serial) && serial >= 1 && serial <= CASE_SERIAL_MAX
  if (!isImplementationCode(implementationCode) || !isRealDate(date) || !inRange) {
    throw new RangeError(`not the parts of a case number: ${implementationCode} ${date} ${String(serial)}`)
  }
  return `${implementationCode}${date}${String(serial).padStart(4, '0')}`
}

/** Read an official case number; its only check character is the one inside the credit code. */
export function parseCaseNumber(raw: string): CaseNumber | NumberRefusal {
  const [, implementationCode, date, serial] = CASE_NUMBER.exec(normaliseCode(raw).replaceAll('-', '')) ?? []
  if (implementationCode === undefined || date === undefined || serial === undefined) return { code: 'number-format' }
  if (!IMPLEMENTATION_CODE.test(implementationCode) || Number(serial) === 0) return { code: 'number-format' }
  if (!isRealDate(date)) return { code: 'number-date' }
  if (!isCreditCode(implementationCode.slice(0, 18))) return { code: 'number-check' }
  return { implementationCode, date, serial: Number(serial) }
}

/** Whether the text is an official case number exactly as printed. */
export function isCaseNumber(text: string): boolean {
  return !('code' in parseCaseNumber(text)) && normaliseCode(text).replaceAll('-', '') === text
}
