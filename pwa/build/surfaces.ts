/** The three surfaces as the build sees them: where each lives, what it is called, and what it may weigh. */

export interface Surface {
  readonly name: 'applicant' | 'desk' | 'console'
  /** Where the surface is served and its service worker's scope; begins and ends with a slash. */
  readonly scope: string
  readonly title: string
  readonly shortTitle: string
  readonly display: 'standalone' | 'minimal-ui'
  /** What one first visit may load: page, scripts, styles and workers, gzipped. */
  readonly firstLoadBytesMax: number
  /** Packages that must never reach this surface, because a phone or tablet would carry them for nothing. */
  readonly without: readonly string[]
}

const CONSOLE_ONLY = ['element-plus', 'echarts', 'zrender']

export const SURFACES: readonly Surface[] = [
  {
    name: 'applicant',
    scope: '/',
    title: '综窗 · 办事',
    shortTitle: '办事',
    display: 'standalone',
    firstLoadBytesMax: 150_000,
    without: CONSOLE_ONLY,
  },
  {
    name: 'desk',
    scope: '/desk/',
    title: '综窗 · 窗口',
    shortTitle: '窗口',
    display: 'standalone',
    firstLoadBytesMax: 350_000,
    without: CONSOLE_ONLY,
  },
  {
    name: 'console',
    scope: '/console/',
    title: '综窗 · 控制台',
    shortTitle: '控制台',
    display: 'minimal-ui',
    firstLoadBytesMax: 600_000,
    without: [],
  },
]

/** The surface named by the SURFACE variable; a build always makes exactly one. */
export function getSurface(name: string): Surface {
  const found = SURFACES.find((surface) => surface.name === name)
  if (found === undefined) {
    const names = SURFACES.map((surface) => surface.name).join(', ')
    throw new Error(`SURFACE is "${name}"; it must be one of ${names}`)
  }
  return found
}
