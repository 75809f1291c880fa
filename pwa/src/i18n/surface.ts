// What the three surfaces do alike with their words: keys made from data, a remembered language, the one to start in.
import { createI18n, firstLocale, type I18n, type LocaleMemory } from './i18n'
import type { Messages } from './translate'

export interface Surface<K extends string> extends I18n<K> {
  /** The text of a key made from data, or the fallback where there are no such words. */
  readonly wordOr: (key: string, fallback: string) => string
  /** Takes up the remembered language; rejects when English cannot be fetched, and Chinese stays. */
  readonly start: () => Promise<void>
}

export function createSurface<K extends string>(
  zh: Messages<K | 'error-unknown'>,
  loadEn: () => Promise<Messages<K | 'error-unknown'>>,
  memory: LocaleMemory,
): Surface<K | 'error-unknown'> {
  const i18n = createI18n<K>(zh, loadEn, memory)
  const has = (key: string): key is K => Object.hasOwn(zh, key)
  return {
    ...i18n,
    wordOr: (key, fallback) => (has(key) ? i18n.t(key) : fallback),
    async start() {
      const first = firstLocale(memory)
      if (first !== 'zh-CN') await i18n.use(first)
    },
  }
}

/** The language under this name in the browser's storage. Where storage is forbidden it holds until the page closes. */
export function storedLocale(name: string): LocaleMemory {
  return {
    read() {
      try {
        return localStorage.getItem(name)
      } catch {
        return null
      }
    },
    write(locale) {
      try {
        localStorage.setItem(name, locale)
      } catch {
        return
      }
    },
  }
}
