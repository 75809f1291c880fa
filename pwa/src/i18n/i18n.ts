// One surface's words in two languages: Chinese is in the bundle, English is fetched when someone asks for it.
//
// A surface composes its own: `createI18n({ ...sharedZh, ...errorsZh, ...deskZh }, loadEn)`, where `loadEn` imports the
// English files dynamically. Keys are those of the Chinese catalogue, checked by the compiler in every call.
import { shallowReactive } from 'vue'
import { format, type Messages, type Params } from './translate'

export type Locale = 'zh-CN' | 'en'
export const LOCALES: readonly Locale[] = ['zh-CN', 'en']

/** Where the chosen language is kept between visits; it is no personal data. */
export interface LocaleMemory {
  readonly read: () => string | null
  readonly write: (locale: Locale) => void
}

export interface I18n<K extends string> {
  /** The text of a key in the present language; reactive in templates and computed values. */
  readonly t: (key: K, params?: Params) => string
  /** The text of a stable code that came over the wire; a code without words is named, never swallowed. */
  readonly explain: (code: string, params?: Params) => string
  readonly locale: () => Locale
  /** Fetches the language if need be, then switches; rejects and keeps the present one if it cannot be fetched. */
  readonly use: (locale: Locale) => Promise<void>
}

export function createI18n<K extends string>(
  zh: Messages<K | 'error-unknown'>,
  loadEn: () => Promise<Messages<K | 'error-unknown'>>,
  memory: LocaleMemory,
): I18n<K | 'error-unknown'> {
  const present = shallowReactive<{ locale: Locale; messages: Messages<K | 'error-unknown'> }>({
    locale: 'zh-CN',
    messages: zh,
  })
  const has = (key: string): key is K => Object.hasOwn(present.messages, key)
  return {
    t: (key, params) => format(present.messages[key], params),
    explain: (code, params) =>
      has(code) ? format(present.messages[code], params) : format(present.messages['error-unknown'], { code }),
    locale: () => present.locale,
    async use(locale) {
      const messages = locale === 'en' ? await loadEn() : zh
      Object.assign(present, { locale, messages })
      memory.write(locale)
    },
  }
}

/** The language to start with: the remembered one, else Chinese; a browser set to English does not decide for a hall. */
export function firstLocale(memory: LocaleMemory): Locale {
  const remembered = memory.read()
  return LOCALES.find((locale) => locale === remembered) ?? 'zh-CN'
}
