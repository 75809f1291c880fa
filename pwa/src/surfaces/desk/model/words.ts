// The desk's words: which catalogues it speaks from, and the language chosen on this tablet.
import { deskZh } from '../../../i18n/desk.zh'
import { errorsZh } from '../../../i18n/errors.zh'
import type { Locale } from '../../../i18n/i18n'
import { keptZh } from '../../../i18n/kept.zh'
import { lifecycleZh } from '../../../i18n/lifecycle.zh'
import { pageZh } from '../../../i18n/page.zh'
import { serviceZh } from '../../../i18n/service.zh'
import { sharedZh } from '../../../i18n/shared.zh'
import { createSurface, storedLocale } from '../../../i18n/surface'
import type { Params } from '../../../i18n/translate'

const zh = { ...pageZh, ...sharedZh, ...lifecycleZh, ...errorsZh, ...deskZh, ...serviceZh, ...keptZh }

async function loadEn() {
  const [page, shared, lifecycle, errors, desk, service, kept] = await Promise.all([
    import('../../../i18n/page.en'),
    import('../../../i18n/shared.en'),
    import('../../../i18n/lifecycle.en'),
    import('../../../i18n/errors.en'),
    import('../../../i18n/desk.en'),
    import('../../../i18n/service.en'),
    import('../../../i18n/kept.en'),
  ])
  return { ...page.pageEn, ...shared.sharedEn, ...lifecycle.lifecycleEn, ...errors.errorsEn, ...desk.deskEn, ...service.serviceEn, ...kept.keptEn }
}

const i18n = createSurface(zh, loadEn, storedLocale('zc-desk-locale'))
export const { t, explain, locale } = i18n
export type DeskWord = keyof typeof zh

/** Switches the language of the surface and of the page; rejects when English cannot be fetched. */
export async function useLanguage(next: Locale): Promise<void> {
  await i18n.use(next)
  dressPage()
}
export async function startLanguage(): Promise<void> {
  await i18n.start()
  dressPage()
}
function dressPage(): void {
  document.documentElement.lang = locale()
  document.title = t('desk.title')
}

// A code whose key is built at run time is shown as itself where it has no words: a new state still has a name.
export const stateWord = (state: string): string => i18n.wordOr(`state.${state}`, state)
export const roleWord = (role: string): string => i18n.wordOr(`role.${role}`, role)
/** The word for an event type such as `case.accept`; `fallback` is what the engine calls it. */
export const actWord = (type: string, fallback = type): string =>
  locale() === 'zh-CN' && fallback !== type ? fallback : i18n.wordOr(`act.${type.replace(/^case\./, '')}`, fallback)

/** A refusal in words. */
export function refusal(problem: { code: string; params?: Params | undefined }): string {
  return explain(problem.code, problem.params)
}
