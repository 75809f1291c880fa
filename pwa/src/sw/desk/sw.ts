/** The desk's service worker: its own files and nothing else. */
import { serveShell } from '../shell'

declare const self: ServiceWorkerGlobalScope

serveShell('/desk/', self.__WB_MANIFEST)
