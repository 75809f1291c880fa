/** What a surface's service worker answers and keeps. Pure, so that it can be tested in Node. */

/** Paths that only the hub answers, and other surfaces', which have workers of their own. */
const NEVER = /^\/(?:desk|console|api|sync|schema|health|metrics)(?:\/|$)/

/** True when the surface at `scope` (with both slashes) may answer a navigation to `pathname` with its page. */
export function answersNavigation(scope: string, pathname: string): boolean {
  if (scope === '/') return !NEVER.test(pathname)
  return pathname.startsWith(scope)
}

/** A captive portal also answers 200, but with a page of its own or a redirection to one. */
export function isGuide(response: Response): boolean {
  const type = response.headers.get('content-type') ?? ''
  return response.status === 200 && !response.redirected && type.startsWith('application/json')
}
