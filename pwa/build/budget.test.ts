/** A surface over its budget, or one that carries the console's packages, does not build. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { build } from 'vite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { budget } from './budget.ts'
import { getSurface } from './surfaces.ts'

let root = ''

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'budget-'))
  await write('index.html', '<script type="module" src="/main.js"></script>')
})

afterEach(() => rm(root, { recursive: true }))

async function write(file: string, content: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true })
  await writeFile(join(root, file), content)
}

/** A module that gzip cannot make smaller than about `kilobytes`. */
function weighing(kilobytes: number): string {
  return `document.title = '${randomBytes((kilobytes * 1000 * 3) / 4).toString('base64')}'`
}

/** Builds the fixture as the applicant's surface with room for 100 kB, and returns what the build printed. */
async function buildFixture(): Promise<string> {
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const surface = { ...getSurface('applicant'), firstLoadBytesMax: 100_000 }
  await build({
    root,
    configFile: false,
    logLevel: 'silent',
    plugins: [budget(surface)],
    build: { modulePreload: { polyfill: false }, reportCompressedSize: false },
  })
  return printed.mock.calls.flat().join('')
}

describe('budget', () => {
  it('counts the heaviest page only, since a person lands on one', async () => {
    await write('main.js', "void import('./small.js'); void import('./large.js')")
    await write('small.js', weighing(30))
    await write('large.js', weighing(60))
    const kilobytes = Number(/first load: ([\d.]+) kB/.exec(await buildFixture())?.[1])
    expect(kilobytes).toBeGreaterThan(45)
    expect(kilobytes).toBeLessThan(65)
  })

  it('refuses what one landing would make too heavy', async () => {
    await write('main.js', `${weighing(70)}; void import('./page.js')`)
    await write('page.js', weighing(70))
    await expect(buildFixture()).rejects.toThrow(/over its budget/)
  })

  it('counts the workers', async () => {
    await write('main.js', "new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })")
    await write('worker.js', `self.${weighing(200)}`)
    await expect(buildFixture()).rejects.toThrow(/over its budget/)
  })

  it('refuses the console’s packages, however small and however late', async () => {
    await write('main.js', "void import('echarts')")
    await write('node_modules/echarts/package.json', '{"name":"echarts","main":"index.js"}')
    await write('node_modules/echarts/index.js', "document.title = 'chart'")
    await expect(buildFixture()).rejects.toThrow(/applicant carries echarts/)
  })
})
