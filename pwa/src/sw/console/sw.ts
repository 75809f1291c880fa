/** The console's service worker: its own files and nothing else. */
import { serveShell } from '../shell'

declare const self: ServiceWorkerGlobalScope

serveShell('/console/', self.__WB_MANIFEST)
