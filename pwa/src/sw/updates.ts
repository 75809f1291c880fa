/** What a frame offers of newer versions: its service worker registered, one that waits, one that another tab has taken. */
import { onMounted, ref, type Ref } from 'vue'

import { registerServiceWorker } from './register'

/** `accept`: take the newer version now; `replaced`: this page is of the old one. */
export function useUpdates(scope: string): { accept: Ref<(() => void) | null>; replaced: Ref<boolean> } {
  const accept = ref<(() => void) | null>(null)
  const replaced = ref(false)
  onMounted(() => {
    if (!('serviceWorker' in navigator)) return
    const handlers = {
      onReady: (take: () => void) => { accept.value = take },
      onReplaced: () => { replaced.value = true },
    }
    registerServiceWorker(scope, handlers).catch((error: unknown) => {
      // Private windows forbid it: everything works, only not with the line cut.
      console.warn('no service worker', error)
    })
  })
  return { accept, replaced }
}
