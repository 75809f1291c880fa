// Boot in a real Chromium: 10,000 records from each peer's server into IndexedDB, each on a fresh profile on disk.
// `node bench/browser.mjs [--only zongchuang,rxdb] [--count 10000] [--repeat 3]` prints the table.
// What is timed: pages/*.mjs. Ours runs the worker of the built desk (PWA_DIST, or pwa/dist), which encrypts what it stores.

import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { LINES, openLine } from './line.mjs'
import { digestRecords, makeRecords } from './payload.mjs'
import { startEnd } from './process.mjs'
import { browserTable } from './report.mjs'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DIST = process.env.PWA_DIST ?? path.join(ROOT, 'pwa/dist')
const ROLLDOWN = path.join(ROOT, 'pwa/node_modules/.bin/rolldown')
const HUB = path.join(ROOT, '.venv/bin/zongchuang')
// The last: a page whose file was served from here has no address of its own, and may not open a socket to this machine.
const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--disable-features=LocalNetworkAccessChecks'],
]
const LONG_S = 5
const ASSETS = '/desk/assets/'

/** What a browser needs beside the peer's own adapter. */
const PAGES = {
  zongchuang: {
    storage: 'IndexedDB, encrypted (AES-GCM) and checked',
    // A case's view does not show the window at which it was taken in.
    hides: ['window'],
    async entrance({ data }) {
      const { stdout } = await run(HUB, ['enrol-code', 'HALL', '--data', data], { cwd: ROOT })
      const worker = (await readdir(path.join(DIST, ASSETS))).find((name) => /^desk\.worker-.*\.js$/.test(name))
      return { code: stdout.trim(), worker: `${ASSETS}${worker}` }
    },
  },
  pouchdb: { storage: 'IndexedDB (idb adapter), plain', hides: [], entrance: async () => ({}) },
  rxdb: { storage: 'IndexedDB (Dexie storage), plain', hides: [], entrance: async () => ({}) },
}

const without = (records, names) => records.map((record) => Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name))))

async function bundle(name, folder) {
  const file = path.join(folder, `${name}.js`)
  const options = ['--file', file, '--format', 'iife', '--platform', 'browser', '--logLevel', 'silent']
  await run(ROLLDOWN, [path.join(ROOT, `bench/pages/${name}.mjs`), ...options], { cwd: ROOT })
  return readFile(file, 'utf8')
}

/** A page of the server's own origin, through the line; only its own files are served from here. */
async function openPage(context, origin, script) {
  const page = await context.newPage()
  page.on('console', (message) => message.type() === 'error' && process.stderr.write(`chromium: ${message.text()}\n`))
  page.on('pageerror', (error) => process.stderr.write(`chromium: ${error.stack}\n`))
  const serve = async (route) => {
    const { pathname } = new URL(route.request().url())
    if (pathname === '/bench/') await route.fulfill({ contentType: 'text/html', body: '<!doctype html><script src="page.js"></script>' })
    else if (pathname === '/bench/page.js') await route.fulfill({ contentType: 'text/javascript', body: script })
    else if (pathname.startsWith(ASSETS)) await route.fulfill({ path: path.join(DIST, pathname), contentType: 'text/javascript' })
    else await route.continue()
  }
  await context.route('**/*', serve)
  await page.goto(`${origin}/bench/`)
  return page
}

/** One boot on a fresh profile; what it holds is compared with the payload, also after the browser was started again. */
async function bootOnce(name, script, settings, address, count) {
  const { hides, entrance } = PAGES[name]
  const folder = await mkdtemp(path.join(tmpdir(), 'zc-bench-profile-'))
  const line = await openLine(address.port, LINES.fast)
  const origin = `http://127.0.0.1:${line.port}`
  const launch = () => chromium.launchPersistentContext(folder, { executablePath: '/usr/bin/chromium', args: FLAGS })
  const call = (page, what, given) => page.evaluate(([verb, value]) => globalThis.bench[verb](value), [what, given])
  try {
    const given = { ...(await entrance(address)), count, settings }
    let context = await launch()
    let page = await openPage(context, origin, script)
    await call(page, 'open', given)
    // From here on nothing is looked into on its way.
    await context.unroute('**/*')
    const before = { ...line.tally }
    const took_s = (await call(page, 'boot', given)) / 1000
    const kB_down = (line.tally.bytes_down - before.bytes_down) / 1000
    const folded = name === 'zongchuang' ? took_s + (await call(page, 'fold', given)) / 1000 : undefined
    const held = digestRecords(await call(page, 'read', given))
    if (held !== digestRecords(without(makeRecords(count), hides))) throw new Error(`${name} does not hold the records that were pushed`)
    await call(page, 'keep', given)
    await context.close()
    context = await launch()
    page = await openPage(context, origin, script)
    const kept = await call(page, 'again', given)
    await context.close()
    if (kept !== count) throw new Error(`${name} has ${kept} of ${count} records after the browser was started again`)
    return { took_s, folded_s: folded, kB_down }
  } finally {
    await line.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Every setting of one peer, on one server that has all records. */
async function measurePeer(name, count, repeat) {
  const { default: peer } = await import(`./peers/${name}.mjs`)
  const results = []
  const folder = await mkdtemp(path.join(tmpdir(), 'zc-bench-page-'))
  const script = await bundle(name, folder)
  await rm(folder, { recursive: true })
  for (const [setting, settings] of Object.entries(peer.settings)) {
    const server = await startEnd(name)
    try {
      const address = await server.call('startServer', settings)
      const writer = await startEnd(name)
      try {
        await writer.call('openClient', settings)
        await writer.call('enrol', address)
        await writer.call('load', count)
        await writer.call('push', address)
        if ((await server.call('count')) !== count) throw new Error(`${name}'s server has not got all`)
      } finally {
        await writer.stop()
      }
      const runs = []
      // Who takes long is not measured more often: the noise is small beside it.
      while (runs.length < repeat && (runs.at(-1)?.took_s ?? 0) < LONG_S) {
        runs.push(await bootOnce(name, script, settings, address, count))
        process.stderr.write(`chromium ${name} ${setting}: ${runs.at(-1).took_s.toFixed(2)} s\n`)
      }
      results.push({ title: peer.title, setting, storage: PAGES[name].storage, runs })
    } finally {
      await server.stop()
    }
  }
  return results
}

/** Every peer, one after the other. */
export async function measureBrowser({ only = Object.keys(PAGES), count = 10_000, repeat = 3 } = {}) {
  const results = []
  for (const name of only) results.push(...(await measurePeer(name, count, repeat)))
  return results
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', default: Object.keys(PAGES).join(',') },
      count: { type: 'string', default: '10000' },
      repeat: { type: 'string', default: '3' },
    },
  })
  const results = await measureBrowser({ only: values.only.split(','), count: Number(values.count), repeat: Number(values.repeat) })
  process.stdout.write(`${browserTable(results)}\n`)
}
