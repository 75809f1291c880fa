/** Every code that the hub can give an event has a reason and a remedy in words. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { consoleZh } from '../../i18n/console.zh'
import type { Problem } from './api'
import { actText, kindOf, reasonText, remedyText } from './problems'

const source = readFileSync(new URL('../../../../sync/errors.py', import.meta.url), 'utf8')

/** The values of one enum of sync/errors.py. */
function codesOf(name: string): readonly string[] {
  const body = new RegExp(`class ${name}\\(StrEnum\\):([\\s\\S]*?)\\n\\n\\n`).exec(source)?.[1] ?? ''
  return [...body.matchAll(/= "([a-z-]+)"/g)].map(([, code = '']) => code).filter((code) => code !== 'ok')
}

const problem: Problem = {
  kind: 'refused',
  code: 'not-entitled',
  position: 7,
  device: 3,
  device_name: '二号窗口',
  author: '甲',
  point: 'HALL',
  seq: 4,
  type: 'case.accept',
  type_zh: '受理',
  receipt_no: '',
  at_ms: 1,
  waits_for: [],
}

describe('words', () => {
  it.each(['Verdict', 'Parked', 'Void'])('%s', (name) => {
    const codes = codesOf(name)
    expect(codes.length).toBeGreaterThan(2)
    for (const code of codes) {
      expect(consoleZh, code).toHaveProperty([`reason.${code}`])
      expect(remedyText({ ...problem, code })).not.toBe('')
    }
  })

  it('names an unknown code instead of swallowing it', () => {
    expect(reasonText({ ...problem, code: 'brand-new' })).toContain('brand-new')
  })
})

it('an act is named in the office’s words, or by its type', () => {
  expect(actText(problem, true)).toBe('受理')
  expect(actText({ ...problem, type: 'account.set', type_zh: '' }, true)).toContain('account.set')
  expect(actText({ ...problem, type: '', type_zh: '' }, true)).toBe(consoleZh['type.none'])
})

it('what this version does not know is among what had no effect', () => {
  expect(kindOf({ ...problem, kind: 'unknown' })).toBe('void')
  expect(reasonText({ ...problem, kind: 'unknown' })).toBe(consoleZh['reason.unknown'])
})
