/**
 * The page's side of its service worker: registers it, and offers a waiting version to the person.
 *
 * A new version waits until someone agrees, because taking over means a reload. The tab in which the person agreed
 * reloads by itself; other tabs are told, so that none reloads in the middle of a photograph.
 */

const UPDATE_CHECK_MS = 60 * 60 * 1000

export interface UpdateHandlers {
  /** A new version is ready; call `accept` when the person agrees. May be called more than once. */
  readonly onReady: (accept: () => void) => void
  /** Another tab has updated: this page is of the old version and should be reloaded when it suits. */
  readonly onReplaced: () => void
}

/** Registers `${scope}sw.js`. Resolves once the browser has taken it; rejects when it cannot. */
export async function registerServiceWorker(scope: string, handlers: UpdateHandlers): Promise<void> {
  const container = navigator.serviceWorker
  const hadController = container.controller !== null
  let accepted = false
  const registration = await container.register(`${scope}sw.js`, { scope, updateViaCache: 'none' })

  const offer = (worker: ServiceWorker): void => {
    handlers.onReady(() => {
      accepted = true
      worker.postMessage({ type: 'SKIP_WAITING' })
    })
  }

  if (registration.waiting !== null && hadController) offer(registration.waiting)
  registration.addEventListener('updatefound', () => {
    const installing = registration.installing
    installing?.addEventListener('statechange', () => {
      // Without an active worker beside it this is the first installation, which replaces nothing.
      if (installing.state === 'installed' && registration.active !== null) offer(installing)
    })
  })
  container.addEventListener('controllerchange', () => {
    if (accepted) location.reload()
    else if (hadController) handlers.onReplaced()
  })

  const check = (): void => {
    // With the line cut the check fails, and the next one comes by itself.
    registration.update().catch(() => undefined)
  }
  setInterval(check, UPDATE_CHECK_MS)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') check()
  })
}
