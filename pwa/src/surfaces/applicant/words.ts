/** The applicant surface's look-up: its own words, those of the page, and the lifecycle's. */
import { applicantZh } from '../../i18n/applicant.zh'
import { lifecycleZh } from '../../i18n/lifecycle.zh'
import { pageZh } from '../../i18n/page.zh'
import { createSurface, storedLocale } from '../../i18n/surface'

const zh = { ...pageZh, ...applicantZh, ...lifecycleZh }

export type WordKey = keyof typeof zh

export const i18n = createSurface<WordKey>(
  zh,
  async () => {
    const [page, own, lifecycle] = await Promise.all([
      import('../../i18n/page.en'),
      import('../../i18n/applicant.en'),
      import('../../i18n/lifecycle.en'),
    ])
    return { ...page.pageEn, ...own.applicantEn, ...lifecycle.lifecycleEn }
  },
  storedLocale('zc-applicant-language'),
)

export const { t, explain, locale, wordOr, start: startLanguage } = i18n
