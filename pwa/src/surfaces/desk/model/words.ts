// The desk's words: which catalogues it speaks from, and the language chosen on this tablet.
import { deskZh } from '../../../i18n/desk.zh'
import { errorsZh } from '../../../i18n/errors.zh'
import { createI18n, firstLocale, type Locale, type LocaleMemory } from '../../../i18n/i18n'
import { lifecycleZh } from '../../../i18n/lifecycle.zh'
import { sharedZh } from '../../../i18n/shared.zh'
import type { Params } from '../../../i18n/translate'
import { readMemory, writeMemory } from './memory'

const memory: LocaleMemory = {
  read: () => readMemory('locale'),
  write: (locale) => { writeMemory('locale', locale) },
}
const zh = { ...sharedZh, ...lifecycleZh, ...errorsZh, ...deskZh }

async function loadEn() {
  const [shared, lifecycle, errors, desk] = await Promise.all([
    import('../../../i18n/shared.en'),
    import('../../../i18n/lifecycle.en'),
    import('../../../i18n/errors.en'),
    import('../../../i18n/desk.en'),
  ])
  return { ...shared.sharedEn, ...lifecycle.lifecycleEn, ...errors.errorsEn, ...desk.deskEn }
}

const i18n = createI18n(zh, loadEn, memory)
export const { t, explain, locale } = i18n
export type DeskWord = keyof typeof zh

/** Switches the language of the surface and of the page; rejects when English cannot be fetched. */
export async function useLanguage(next: Locale): Promise<void> {
  await i18n.use(next)
  document.documentElement.lang = next
  document.title = t('desk.title')
}
export async function startLanguage(): Promise<void> {
  const first = firstLocale(memory)
  if (first !== 'zh-CN') await useLanguage(first)
}

/** The word for a code whose catalogue key is built at run time, or the code itself: a new state still has a name. */
function lookup(key: string, fallback: string): string {
  return Object.hasOwn(zh, key) ? t(key as DeskWord) : fallback
}
export const stateWord = (state: string): string => lookup(`state.${state}`, state)
export const roleWord = (role: string): string => lookup(`role.${role}`, role)
/** The word for an event type such as `case.accept`; `fallback` is what the engine calls it. */
export const actWord = (type: string, fallback = type): string =>
  locale() === 'zh-CN' && fallback !== type ? fallback : lookup(`act.${type.replace(/^case\./, '')}`, fallback)

/** A refusal in words. */
export function refusal(problem: { code: string; params?: Params | undefined }): string {
  return explain(problem.code, problem.params)
}
