/** The large type 适老 mode: one attribute on the page, remembered on this phone. */
import { ref, watchEffect } from 'vue'
import { recall, remember } from './memory'

export const elder = ref(recall('elder') === 'on')

export function setElder(on: boolean): void {
  elder.value = on
  remember('elder', on ? 'on' : null)
}

/** Keeps the page's root in step with the choice; called once, by the app. */
export function applyLook(root: HTMLElement): void {
  watchEffect(() => root.toggleAttribute('data-elder', elder.value))
}
