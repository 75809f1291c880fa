// The two languages say the same things, every code has words, and the mechanism keeps its promises.
import { readFileSync } from 'node:fs'
import { computed } from 'vue'
import { describe, expect, it } from 'vitest'
import { FIELD_CODES } from '../forms/validate'
import { sharedEn } from './shared.en'
import { sharedZh } from './shared.zh'
import { errorsEn } from './errors.en'
import { errorsZh } from './errors.zh'
import { createI18n, firstLocale, type Locale, type LocaleMemory } from './i18n'
import { lifecycleEn } from './lifecycle.en'
import { lifecycleZh } from './lifecycle.zh'
import { pageEn } from './page.en'
import { pageZh } from './page.zh'
import { createSurface } from './surface'
import { format, slotsOf, type Messages } from './translate'

const source = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
const pairs: readonly [string, Messages, Messages][] = [
  ['page', pageZh, pageEn],
  ['shared', sharedZh, sharedEn],
  ['lifecycle', lifecycleZh, lifecycleEn],
  ['errors', errorsZh, errorsEn],
]

/** Every catalogue of every surface: the one export of each `*.zh.ts`, beside that of its `*.en.ts`. */
const files = import.meta.glob<Record<string, Messages>>('./*.{zh,en}.ts', { eager: true })
const names = [...new Set(Object.keys(files).map((path) => path.replace(/\.(?:zh|en)\.ts$/, '')))]
const onlyExport = (path: string) => Object.values(files[path] ?? {})[0] ?? {}
const everyPair = names.map((name) => [name, onlyExport(`${name}.zh.ts`), onlyExport(`${name}.en.ts`)] as const)

describe.each(everyPair)('%s', (_, zh, en) => {
  it('has the same keys in both languages', () => {
    expect(Object.keys(zh).length).toBeGreaterThan(0)
    expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
  })
  it('asks for the same words in both languages', () => {
    for (const [key, message] of Object.entries(zh)) expect(slotsOf(en[key] ?? ''), key).toEqual(slotsOf(message))
  })
})

describe.each(pairs)('shared: %s', (_, zh, en) => {
  it('is Chinese in Chinese and has no Chinese in English', () => {
    const isHan = (message: string) => /\p{Script=Han}/u.test(message)
    const neutral = ['app.switch', 'app.switch.label', 'list.and']
    const keys = Object.keys(zh).filter((key) => !neutral.includes(key))
    expect(keys.filter((key) => !isHan(zh[key] ?? ''))).toEqual([])
    expect(keys.filter((key) => isHan(en[key] ?? ''))).toEqual([])
  })
})

/** The table is typed with narrow signs; a screen shows the full-width ones of Chinese print. */
const printed = (words: string): string => words.replaceAll('(', '（').replaceAll(')', '）').replaceAll(',', '，')

describe('completeness', () => {
  it('no key stands in two catalogues', () => {
    const keys = pairs.flatMap(([, zh]) => Object.keys(zh))
    expect(new Set(keys).size).toBe(keys.length)
    const own = everyPair.filter(([name]) => !pairs.some(([shared]) => name === `./${shared}`))
    expect(own.flatMap(([name, zh]) => Object.keys(zh).filter((key) => Object.hasOwn(pageZh, key)).map((key) => `${name} ${key}`))).toEqual([])
  })
  it('every code of the protocol has words', () => {
    const codes = [...source('sync/errors.py').matchAll(/^ {4}[A-Z_]+ = "([a-z-]+)"$/gm)].map(([, code = '']) => code)
    expect(codes.length).toBeGreaterThan(30)
    expect(codes.filter((code) => !Object.hasOwn(errorsZh, code))).toEqual([])
  })
  it('no surface carries words that no screen says', () => {
    const text = Object.values(import.meta.glob<string>(['../**/*.{ts,vue}', '!../i18n/*'], { eager: true, query: '?raw', import: 'default' })).join('\n')
    const said = (key: string): boolean => text.includes(`'${key}'`) || key.split('.').some((_, at, parts) => at > 0 && text.includes(`\`${parts.slice(0, at).join('.')}.\${`))
    // Codes come over the wire; the lifecycle's words are those of its table.
    const own = everyPair.filter(([name]) => name !== './errors' && name !== './lifecycle')
    expect(own.flatMap(([, zh]) => Object.keys(zh)).filter((key) => !Object.hasOwn(errorsZh, key) && !said(key))).toEqual([])
  })
  it('the codes that have words and those that the docs explain are the same', () => {
    const headings = [...source('docs/errors.md').matchAll(/^### (.+)$/gm)].flatMap(([, line = '']) => [...line.matchAll(/`([a-z0-9-]+)`/g)])
    const told = ['line-cut', 'line-timeout', 'line-not-hub', 'receipt-empty', 'last4-empty', 'last4-format']
    expect(headings.map(([, code = '']) => code).sort()).toEqual([...Object.keys(errorsZh), ...told].sort())
  })
  it('every code of the forms, numbers and photographs has words', () => {
    const names = ['pwa/src/sync/number.ts', 'pwa/src/forms/photo.ts']
    const unions = names.flatMap((name) => [...source(name).matchAll(/^export type \w+Code = (.*)$/gm)])
    const codes = unions.flatMap(([, union = '']) => [...union.matchAll(/'([a-z-]+)'/g)].map(([, code = '']) => code))
    expect(codes.length).toBe(7)
    expect([...codes, ...FIELD_CODES].filter((code) => !Object.hasOwn(errorsZh, code))).toEqual([])
  })
  it('Chinese is set with its own punctuation', () => {
    const narrow = everyPair.flatMap(([, zh]) => Object.entries(zh).filter(([, words]) => /[一-鿿”}][,:;?!]|[,:;?!][一-鿿]|[一-鿿]\(|\)[一-鿿]/.test(words)))
    expect(narrow).toEqual([])
  })
  it('the states and acts are called what the lifecycle table calls them', () => {
    const table = JSON.parse(source('sync/lifecycle.json')) as {
      states: Record<string, { zh: string; en: string }>
      transitions: { type: string; zh: string }[]
    }
    const zh: Messages = lifecycleZh
    const en: Messages = lifecycleEn
    for (const [state, words] of Object.entries(table.states)) {
      expect([zh[`state.${state}`], en[`state.${state}`]]).toEqual([printed(words.zh), words.en])
    }
    for (const { type, zh: words } of table.transitions) expect(zh[`act.${type.slice('case.'.length)}`]).toBe(printed(words))
  })
})

describe('format', () => {
  it('puts words in, and leaves unknown ones visible', () => {
    expect(format('{label}最多 {max} 个字', { label: '姓名', max: 30 })).toBe('姓名最多 30 个字')
    expect(format('{a} {b}', { a: '{b}' })).toBe('{b} {b}')
  })
  it('chooses between one and several', () => {
    expect(format('{n} {n#case|cases}', { n: 1 })).toBe('1 case')
    expect(format('{n} {n#case|cases}', { n: 0 })).toBe('0 cases')
  })
})

describe('a surface', () => {
  const zh = { ...errorsZh, 'action.save': '保存' } as const
  const memoryOf = (kept: { locale: string | null }): LocaleMemory => ({
    read: () => kept.locale,
    write: (locale: Locale) => {
      kept.locale = locale
    },
  })
  const english = async () => Promise.resolve({ ...errorsEn, 'action.save': 'Save' })

  it('starts in Chinese, fetches English when asked, and redraws', async () => {
    const kept = { locale: null as string | null }
    const i18n = createI18n(zh, english, memoryOf(kept))
    const label = computed(() => i18n.t('action.save'))
    expect(label.value).toBe('保存')
    await i18n.use('en')
    expect([label.value, i18n.locale(), kept.locale]).toEqual(['Save', 'en', 'en'])
    await i18n.use('zh-CN')
    expect(label.value).toBe('保存')
  })
  it('keeps its language when the other cannot be fetched', async () => {
    const kept = { locale: null as string | null }
    const i18n = createI18n(zh, async () => Promise.reject(new Error('offline')), memoryOf(kept))
    await expect(i18n.use('en')).rejects.toThrow('offline')
    expect([i18n.t('action.save'), i18n.locale(), kept.locale]).toEqual(['保存', 'zh-CN', null])
  })
  it('does not compile with a key that it does not have, or without the words for unknown codes', () => {
    const i18n = createI18n(zh, english, memoryOf({ locale: null }))
    // @ts-expect-error no such key
    expect(() => i18n.t('action.sav')).toThrow(TypeError)
    // @ts-expect-error no 'error-unknown'
    expect(createI18n({ a: '甲' }, async () => Promise.resolve({ a: 'A' }), memoryOf({ locale: null })).t('a')).toBe('甲')
  })
  it('explains a code, and names one that it has no words for', () => {
    const i18n = createI18n(zh, english, memoryOf({ locale: null }))
    expect(i18n.explain('number-check')).toBe(errorsZh['number-check'])
    expect(i18n.explain('toString')).toContain('toString')
  })
  it('names what has words, and starts in the remembered language', async () => {
    const surface = createSurface(zh, english, memoryOf({ locale: 'en' }))
    await surface.start()
    expect([surface.wordOr('action.save', '?'), surface.wordOr('action.other', '?'), surface.wordOr('toString', '?')]).toEqual(['Save', '?', '?'])
  })
  it('remembers a language that exists', () => {
    expect(firstLocale(memoryOf({ locale: 'en' }))).toBe('en')
    expect(firstLocale(memoryOf({ locale: 'xx' }))).toBe('zh-CN')
    expect(firstLocale(memoryOf({ locale: null }))).toBe('zh-CN')
  })
})
