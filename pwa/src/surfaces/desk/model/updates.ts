// A new version of the surface: offered, never forced, and only the person's word makes it take over.
import { shallowRef } from 'vue'
import { registerServiceWorker } from '../../../sw/register'
import { setUpdateWaiting } from '../../../worker/bridge'

/** Takes the new version over, with a reload; null when there is none. */
export const acceptUpdate = shallowRef<(() => void) | null>(null)
/** Whether the surface cannot be opened with the line cut. */
export const offlineUnready = shallowRef(false)

/** Registers the service worker; in development there is none. */
export function startUpdates(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  registerServiceWorker('/desk/', {
    onReady: (accept) => {
      acceptUpdate.value = accept
      setUpdateWaiting(true)
    },
    onReplaced: () => { acceptUpdate.value = () => { location.reload() } },
  }).catch(() => { offlineUnready.value = navigator.serviceWorker.controller === null })
}
