/**
 * Weighs a surface's first load and fails the build when it is over its budget.
 *
 * First load is the page, the entry with all it imports at once, every worker, and the heaviest single page
 * that a person could land on: a link may open any of them, so the worst one counts.
 */
import { gzipSync } from 'node:zlib'
import type { Plugin, Rolldown } from 'vite'
import type { Surface } from './surfaces.ts'

type Bundle = Rolldown.OutputBundle

export function budget(surface: Surface): Plugin {
  return {
    name: 'zongchuang:budget',
    apply: 'build',
    writeBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const name of surface.without) {
          const carrier = findChunkWith(bundle, name)
          if (carrier !== undefined) this.error(`${surface.name} carries ${name} in ${carrier}`)
        }
        const bytes = firstLoadBytes(bundle)
        const line = `${surface.name} first load: ${kilobytes(bytes)} of ${kilobytes(surface.firstLoadBytesMax)} gzipped`
        if (bytes > surface.firstLoadBytesMax) this.error(`${line}: over its budget`)
        process.stdout.write(`${line}\n`)
      },
    },
  }
}

function findChunkWith(bundle: Bundle, packageName: string): string | undefined {
  const part = `/node_modules/${packageName}/`
  return chunksOf(bundle).find((chunk) => chunk.moduleIds.some((id) => id.includes(part)))?.fileName
}

function firstLoadBytes(bundle: Bundle): number {
  const chunks = chunksOf(bundle)
  const entries = chunks.filter((chunk) => chunk.isEntry)
  const first = new Set(entries.flatMap((entry) => loadedWith(bundle, entry.fileName)))
  for (const file of Object.keys(bundle)) {
    if (file.endsWith('.html') || isWorker(bundle, file)) first.add(file)
  }
  const pages = chunks.filter((chunk) => chunk.isDynamicEntry)
  const heaviest = pages.map((page) => sizeOf(bundle, loadedWith(bundle, page.fileName), first))
  return sizeOf(bundle, [...first], new Set()) + Math.max(0, ...heaviest)
}

/** A chunk, what it imports statically, and their styles. */
function loadedWith(bundle: Bundle, fileName: string, seen = new Set<string>()): string[] {
  if (seen.has(fileName)) return []
  seen.add(fileName)
  const chunk = bundle[fileName]
  if (chunk?.type !== 'chunk') return []
  for (const css of chunk.viteMetadata?.importedCss ?? []) seen.add(css)
  for (const imported of chunk.imports) loadedWith(bundle, imported, seen)
  return [...seen]
}

/** Vite emits a worker's bundle as a script asset, never as a chunk of the page. */
function isWorker(bundle: Bundle, fileName: string): boolean {
  return bundle[fileName]?.type === 'asset' && fileName.endsWith('.js')
}

function sizeOf(bundle: Bundle, files: readonly string[], without: ReadonlySet<string>): number {
  return files
    .filter((file) => !without.has(file))
    .reduce((sum, file) => sum + gzipSync(contentOf(bundle, file), { level: 9 }).length, 0)
}

function contentOf(bundle: Bundle, fileName: string): string | Uint8Array {
  const output = bundle[fileName]
  if (output === undefined) throw new Error(`${fileName} is imported but not in the bundle`)
  return output.type === 'chunk' ? output.code : output.source
}

function chunksOf(bundle: Bundle): Rolldown.OutputChunk[] {
  return Object.values(bundle).filter((output) => output.type === 'chunk')
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
