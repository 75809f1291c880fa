// The choice between the surface's two languages, as its bar offers it.
import { ref, type Ref } from 'vue'
import type { Locale } from './i18n'

interface Language {
  locale(): Locale
  use(next: Locale): Promise<void>
}

/** The page is in the language that is chosen; `failed`: the other one could not be fetched, and this one stays. */
export function useLanguageChoice({ locale, use }: Language): { failed: Ref<boolean>; switchLanguage: () => Promise<void> } {
  const failed = ref(false)
  const dress = (): void => { document.documentElement.lang = locale() }

  async function switchLanguage(): Promise<void> {
    failed.value = false
    try {
      await use(locale() === 'en' ? 'zh-CN' : 'en')
      dress()
    } catch {
      failed.value = true
    }
  }
  dress()
  return { failed, switchLanguage }
}
