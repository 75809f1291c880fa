// The one payload of every measurement: small, case-like records of about 380 bytes of JSON, made from a seed.
// `node bench/payload.mjs --count 10000 > records.jsonl` writes them for readers in other languages.
// Every person, number and address is invented (sample phone range 19999, sample area 990271).

import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'

export const SEED = 20260302

const POINTS = { '01': 'HALL', '02': 'INCU', '03': 'JZ', '04': 'SJ' }
const SURNAMES = '王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹'
const GIVEN = '拟样例甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉明华建国秀英丽伟芳敏静强磊军洋勇艳杰娟涛超霞平刚桂'
const CREDIT = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const DEPARTMENTS = ['SCJG', 'YBJ', 'RSJ', 'ZJJ', 'NYJ', 'WJJ']
const RELATIONS = ['本人', '配偶', '父母', '子女', '受托人']
const STREETS = ['样例大街', '九站街', '双吉路', '新材料园路', '翰林路', '恒山路']
const FIRST_MS = Date.UTC(2026, 2, 2, 0, 30)

/** A small seeded generator (mulberry32): the same records on every machine. */
function seeded(seed) {
  let state = seed >>> 0
  const word = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return { word, below: (limit) => Math.floor((word() / 2 ** 32) * limit) }
}

const pad = (number, width) => String(number).padStart(width, '0')
const hex = (number, width) => number.toString(16).padStart(width, '0')

/** A UUIDv7 in the form of RFC 9562, its random bits drawn from the seed. */
function uuid7(ms, random) {
  const time = hex(ms, 12)
  const tail = hex(0x80000000 + (random.word() & 0x3fffffff), 8) + hex(random.word(), 8)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(random.below(4096), 3)}-${tail.slice(0, 4)}-${tail.slice(4)}`
}

/** The first `count` records of a seed; record n does not depend on `count`. */
export function makeRecords(count, seed = SEED) {
  const random = seeded(seed)
  const pick = (list) => list[random.below(list.length)]
  const points = Object.keys(POINTS).sort()
  let ms = FIRST_MS
  return Array.from({ length: count }, (_, index) => {
    ms += 1000 + random.below(40_000)
    const point = pick(points)
    const device = pad(1 + random.below(24), 3)
    const day = new Date(ms).toISOString().slice(0, 10).replaceAll('-', '')
    const born = `${1950 + random.below(56)}${pad(1 + random.below(12), 2)}${pad(1 + random.below(28), 2)}`
    return {
      id: uuid7(ms, random),
      type: 'case.received',
      receipt: `JK${point}${device}${day}${pad(index + 1, 5)}`,
      item: `${pick(DEPARTMENTS)}-${pad(1 + random.below(24), 3)}`,
      channel: 'window',
      window: `${POINTS[point]}-W${pad(1 + random.below(19), 2)}`,
      at: ms,
      applicant: {
        name: pick(SURNAMES) + pick(GIVEN) + pick(GIVEN),
        idNo: `990271${born}${pad(random.below(10_000), 4)}`,
        phone: `19999${pad(random.below(1_000_000), 6)}`,
      },
      form: {
        address: `吉林经开区${pick(STREETS)}${1 + random.below(400)}号${1 + random.below(30)}室`,
        relation: pick(RELATIONS),
        creditCode: `91990271${Array.from({ length: 10 }, () => pick(CREDIT)).join('')}`,
        copies: 1 + random.below(4),
      },
    }
  })
}

const sortKeys = (value) =>
  value !== null && typeof value === 'object'
    ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sortKeys(value[key])]))
    : value

/** SHA-256 over the records in order of id with sorted keys: equal when nothing was lost, doubled or changed. */
export function digestRecords(records) {
  const hash = createHash('sha256')
  for (const record of [...records].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    hash.update(`${JSON.stringify(sortKeys(record))}\n`)
  }
  return hash.digest('hex')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: { count: { type: 'string', default: '10000' }, seed: { type: 'string', default: String(SEED) } },
  })
  for (const record of makeRecords(Number(values.count), Number(values.seed))) {
    process.stdout.write(`${JSON.stringify(record)}\n`)
  }
}
