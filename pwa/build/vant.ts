/**
 * Takes Vant's icon font out of its stylesheet and into a file of our own.
 *
 * As published the stylesheet carries the font inline, so that every first load would pay for it, and names an
 * outside host as the fallback, which an isolated line never reaches. As a file it is fetched when an icon shows.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plugin } from 'vite'

const STYLESHEET = /vant\/(?:es|lib)\/(?:icon\/index|index)\.css$/
const SOURCES = /src:\s*url\(data:font\/woff2;[^,]*base64,([\w+/=]+)\)[^;}]*/

export function vantIconFont(cacheFolder: string): Plugin {
  return {
    name: 'zongchuang:vant-icon-font',
    enforce: 'pre',
    transform(code, id) {
      if (!STYLESHEET.test(id)) return null
      const base64 = SOURCES.exec(code)?.[1]
      if (base64 === undefined) this.error(`no inline font found in ${id}: Vant has changed its stylesheet`)
      const font = Buffer.from(base64, 'base64')
      const digest = createHash('sha256').update(font).digest('hex').slice(0, 8)
      const file = join(cacheFolder, `vant-icon-${digest}.woff2`)
      mkdirSync(cacheFolder, { recursive: true })
      writeFileSync(file, font)
      return { code: code.replace(SOURCES, `src:url("${file}") format("woff2")`), map: null }
    },
  }
}
