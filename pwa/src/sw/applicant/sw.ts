/** The applicant's service worker: its own files, and the public guide as it was last seen. */
import { registerRoute } from 'workbox-routing'
import { keepGuide } from '../guide'
import { serveShell } from '../shell'

declare const self: ServiceWorkerGlobalScope

serveShell('/', self.__WB_MANIFEST)
registerRoute(({ sameOrigin, url }) => sameOrigin && url.pathname.startsWith('/api/guide'), keepGuide())
