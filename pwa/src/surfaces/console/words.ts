/** The console's look-up: its own words and the lifecycle's, with the choice of language remembered. */
import { consoleZh } from '../../i18n/console.zh'
import { createI18n, firstLocale, type LocaleMemory } from '../../i18n/i18n'
import { lifecycleZh } from '../../i18n/lifecycle.zh'

const STORED = 'zc-console-language'

const memory: LocaleMemory = {
  read() {
    try {
      return localStorage.getItem(STORED)
    } catch {
      return null
    }
  },
  write(locale) {
    try {
      localStorage.setItem(STORED, locale)
    } catch {
      // Storage is forbidden here: the choice holds until the page is closed.
    }
  },
}

const zh = { ...consoleZh, ...lifecycleZh }

export type WordKey = keyof typeof zh

export const i18n = createI18n<WordKey>(
  zh,
  async () => {
    const [own, lifecycle] = await Promise.all([import('../../i18n/console.en'), import('../../i18n/lifecycle.en')])
    return { ...own.consoleEn, ...lifecycle.lifecycleEn }
  },
  memory,
)

export const { t, explain, locale } = i18n

/** The text of a key made from data, or the fallback where there are no such words. */
export function wordOr(key: string, fallback: string): string {
  return Object.hasOwn(zh, key) ? t(key as WordKey) : fallback
}

/** Starts in the remembered language; English that cannot be fetched leaves Chinese. */
export async function startLanguage(): Promise<void> {
  const first = firstLocale(memory)
  if (first !== 'zh-CN') await i18n.use(first)
}
