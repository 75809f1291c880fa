/** What happens to a surface's folder around its build: cleared before, checked and precompressed after. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { extname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Plugin } from 'vite'
import { SURFACES, type Surface } from './surfaces.ts'

const TEXT = new Set(['.html', '.js', '.css', '.svg', '.json', '.webmanifest', '.txt'])

/** An outside host in the output would be asked for at run time, and the strict policy would refuse it. */
const OUTSIDE_HOSTS = /\/\/[\w.-]*(?:alicdn|googleapis|gstatic|jsdelivr|unpkg|cdnjs)[\w.-]*\.\w+/

/**
 * Removes what an earlier build of this surface left.
 * The applicant's folder is the root, so the other surfaces' folders in it stay.
 */
export function clearSurface(surface: Surface, dist: string): Plugin {
  return {
    name: 'zongchuang:clear',
    apply: 'build',
    async buildStart() {
      const folder = join(dist, surface.scope)
      const keep = foldersOfOthers(surface)
      const names = await readdir(folder).catch(ignoreMissing)
      const stale = names.filter((name) => !keep.has(name))
      await Promise.all(stale.map((name) => rm(join(folder, name), { recursive: true })))
    },
  }
}

/** Writes a `.br` and a `.gz` beside every text file of the surface, after its service worker is made. */
export function precompress(surface: Surface, dist: string): Plugin {
  return {
    name: 'zongchuang:precompress',
    apply: 'build',
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler(error) {
        if (error !== undefined) return
        const folder = join(dist, surface.scope)
        const files = await filesOf(folder, foldersOfOthers(surface))
        await Promise.all(files.filter((file) => TEXT.has(extname(file))).map((file) => pack(file, dist)))
      },
    },
  }
}

async function pack(file: string, dist: string): Promise<void> {
  const content = await readFile(file)
  const outside = OUTSIDE_HOSTS.exec(content.toString('utf8'))
  if (outside !== null) throw new Error(`${relative(dist, file)} asks ${outside[0]} for something`)
  const [br, gz] = await Promise.all([
    promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
    promisify(gzip)(content, { level: 9 }),
  ])
  await Promise.all([writeFile(`${file}.br`, br), writeFile(`${file}.gz`, gz)])
}

async function filesOf(folder: string, without: ReadonlySet<string>): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const nested = entries
    .filter((entry) => !without.has(entry.name))
    .map((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesOf(path, new Set()) : Promise.resolve([path])
    })
  return (await Promise.all(nested)).flat()
}

function foldersOfOthers(surface: Surface): ReadonlySet<string> {
  if (surface.scope !== '/') return new Set()
  return new Set(SURFACES.filter((other) => other !== surface).map((other) => other.name))
}

function ignoreMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return []
  throw error
}
