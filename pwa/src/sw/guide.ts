/** Keeps the public guide readable with the line cut: the last answer at once, a newer one for the next time. */
import { ExpirationPlugin } from 'workbox-expiration'
import { StaleWhileRevalidate } from 'workbox-strategies'
import { isGuide } from './rules'

const GUIDE_ENTRIES_MAX = 200
const GUIDE_AGE_SECONDS_MAX = 30 * 24 * 3600

export function keepGuide(): StaleWhileRevalidate {
  return new StaleWhileRevalidate({
    cacheName: 'zongchuang-guide',
    plugins: [
      { cacheWillUpdate: ({ response }) => Promise.resolve(isGuide(response) ? response : null) },
      new ExpirationPlugin({ maxEntries: GUIDE_ENTRIES_MAX, maxAgeSeconds: GUIDE_AGE_SECONDS_MAX }),
    ],
  })
}
