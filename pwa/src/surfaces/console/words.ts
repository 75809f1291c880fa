/** The console's look-up: its own words, those of the page, and the lifecycle's. */
import { consoleZh } from '../../i18n/console.zh'
import { lifecycleZh } from '../../i18n/lifecycle.zh'
import { pageZh } from '../../i18n/page.zh'
import { replicasZh } from '../../i18n/replicas.zh'
import { createSurface, storedLocale } from '../../i18n/surface'

const zh = { ...pageZh, ...consoleZh, ...replicasZh, ...lifecycleZh }

export type WordKey = keyof typeof zh

export const i18n = createSurface<WordKey>(
  zh,
  async () => {
    const [page, own, replicas, lifecycle] = await Promise.all([
      import('../../i18n/page.en'),
      import('../../i18n/console.en'),
      import('../../i18n/replicas.en'),
      import('../../i18n/lifecycle.en'),
    ])
    return { ...page.pageEn, ...own.consoleEn, ...replicas.replicasEn, ...lifecycle.lifecycleEn }
  },
  storedLocale('zc-console-language'),
)

export const { t, explain, locale, wordOr, start: startLanguage } = i18n
