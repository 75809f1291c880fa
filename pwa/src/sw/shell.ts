/** What every surface's service worker does: keep its own files, answer its own pages, wait to be told to update. */
import { clientsClaim, setCacheNameDetails } from 'workbox-core'
import { createHandlerBoundToURL, type PrecacheEntry, precacheAndRoute } from 'workbox-precaching'
import { registerRoute } from 'workbox-routing'
import { answersNavigation } from './rules'

declare const self: ServiceWorkerGlobalScope

/** The one message a page sends: the person has agreed to the new version. */
export const SKIP_WAITING = 'SKIP_WAITING'

/**
 * Serves the surface at `scope` from its precache.
 *
 * Workbox's clean-up of old precaches is not used: it finds them by a substring of the scope, and the applicant's
 * scope is a prefix of the others', so it would delete theirs.
 */
export function serveShell(scope: string, files: (string | PrecacheEntry)[]): void {
  setCacheNameDetails({ prefix: 'zongchuang', precache: 'shell' })
  precacheAndRoute(files, { cleanURLs: false })
  registerRoute(
    ({ request, sameOrigin, url }) =>
      request.mode === 'navigate' && sameOrigin && answersNavigation(scope, url.pathname),
    createHandlerBoundToURL(`${scope}index.html`),
  )
  self.addEventListener('message', (event) => {
    const data: unknown = event.data
    if (typeof data === 'object' && data !== null && 'type' in data && data.type === SKIP_WAITING) {
      event.waitUntil(self.skipWaiting())
    }
  })
  clientsClaim()
}
