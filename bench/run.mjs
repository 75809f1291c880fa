// Measures every peer on the same payload: push and boot of many small records, on a fast and on a slow line; boot in
// Chromium; then the hub alone, its ingest on both databases and its fan-out; a point's relay, and the way over two relays.
// `node bench/run.mjs [--parts peers,browser,ingest,fanout,relay,hops] [--only pouchdb,rxdb] [--line fast|slow|both] [--count 10000]
// [--repeat 3] [--date YYYY-MM-DD]` prints the report; with --date it also stands between the markers of docs/benchmarks.md.

import { execFile } from 'node:child_process'
import os from 'node:os'
import { setTimeout as pass } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { measureBrowser } from './browser.mjs'
import { LINES, openLine } from './line.mjs'
import { digestRecords, makeRecords } from './payload.mjs'
import { startEnd } from './process.mjs'
import { writeReport } from './report.mjs'

const PEERS = ['zongchuang', 'pouchdb', 'rxdb', 'yjs']
const BROWSER = ['zongchuang', 'pouchdb', 'rxdb']
const WAITING = ['pouchdb', 'rxdb']
const QUIET_MS = 1000

const { values: options } = parseArgs({
  options: {
    parts: { type: 'string', default: 'peers,browser,ingest,fanout,relay,hops' },
    only: { type: 'string', default: PEERS.join(',') },
    line: { type: 'string', default: 'both' },
    count: { type: 'string', default: '10000' },
    repeat: { type: 'string', default: '3' },
    date: { type: 'string' },
  },
})
const count = Number(options.count)
const parts = options.parts.split(',')
const [load] = os.loadavg()
const digest = digestRecords(makeRecords(count))

/** Resolves when nothing has crossed the line for a second, so that a late echo is counted where it belongs. */
async function settle(tally) {
  for (let before = -1; before !== tally.bytes_up + tally.bytes_down; await pass(QUIET_MS)) {
    before = tally.bytes_up + tally.bytes_down
  }
}

/** Times one piece of work; its bytes, requests and messages are counted until the line is quiet again. */
async function timed(line, work) {
  const before = { ...line.tally }
  const started_ms = performance.now()
  await work()
  const took_s = (performance.now() - started_ms) / 1000
  await settle(line.tally)
  const spent = Object.entries(line.tally).map(([key, value]) => [key, value - before[key]])
  return { took_s, ...Object.fromEntries(spent) }
}

async function checkEnd(end, what) {
  const found = await end.call('digest')
  if (found !== digest) throw new Error(`${what} does not hold the records that were pushed`)
}

/** Runs work with one end of its own process and stops that process whatever happens. */
async function withEnd(name, work) {
  const end = await startEnd(name)
  try {
    return await work(end)
  } finally {
    await end.stop()
  }
}

/** One push into an empty server and one boot of an empty client from it; whoever has to enrol does so before. */
function measure(name, peer, settings, line) {
  return withEnd(name, async (server) => {
    const address = await server.call('startServer', settings)
    const opened = await openLine(address.port, line)
    const through = { ...address, port: opened.port }
    const withClient = (work) =>
      withEnd(name, async (client) => {
        await client.call('openClient', settings)
        await client.call('enrol', through)
        return work(client)
      })
    const pushFrom = (client) =>
      timed(opened, () =>
        Promise.all([client.call('push', through), peer.acknowledges || server.call('whenHas', count)]),
      )
    try {
      return await withClient(async (second) => {
        const push = await withClient(async (first) => {
          await first.call('load', count)
          await settle(opened.tally)
          const spent = await pushFrom(first)
          await checkEnd(first, `${name}'s first client`)
          return spent
        })
        const stored = await server.call('count')
        if (stored !== count) throw new Error(`${name} acknowledged ${count}, its server counts ${stored}`)
        await checkEnd(server, `${name}'s server`)
        const boot = await timed(opened, () => second.call('boot', through, count))
        const fold = peer.folds ? await timed(opened, () => second.call('fold')) : undefined
        if (fold !== undefined) boot.folded_s = boot.took_s + fold.took_s
        await checkEnd(second, `${name}'s client`)
        return { push, boot }
      })
    } finally {
      await opened.close()
    }
  })
}

/** Every setting of one peer on one line, one after the other. */
async function measurePeer(line_name, name) {
  const { default: peer } = await import(`./peers/${name}.mjs`)
  const results = []
  for (const [setting, settings] of Object.entries(peer.settings)) {
    const runs = []
    // The slow line's own clock rules there: once is enough.
    for (let turn = 0; turn < (line_name === 'slow' ? 1 : Number(options.repeat)); turn += 1) {
      runs.push(await measure(name, peer, settings, LINES[line_name]))
      const { push, boot } = runs.at(-1)
      process.stderr.write(`${line_name} ${name} ${setting}: push ${push.took_s.toFixed(2)} s, boot ${boot.took_s.toFixed(2)} s\n`)
    }
    results.push({ line_name, peer, setting, runs })
  }
  return results
}

/** One of the measurements written in Python: what it prints is JSON. */
async function measureHub(module) {
  const root = fileURLToPath(new URL('..', import.meta.url))
  process.stderr.write(`${module}\n`)
  const { stdout } = await promisify(execFile)(`${root}/.venv/bin/python`, ['-m', `bench.${module}`], { cwd: root })
  return JSON.parse(stdout)
}

const line_names = options.line === 'both' ? Object.keys(LINES) : [options.line]
if (!line_names.every((name) => name in LINES)) throw new Error(`no line is called ${options.line}`)

const results = []
for (const line_name of parts.includes('peers') ? line_names : []) {
  const names = options.only.split(',')
  // Each has a line of its own. On the slow one PouchDB and RxDB wait for round trips for minutes, hardly for the
  // processor, so they may wait beside each other.
  const beside = names.filter((name) => line_name === 'slow' && WAITING.includes(name))
  const found = new Map()
  for (const name of names) if (!beside.includes(name)) found.set(name, await measurePeer(line_name, name))
  await Promise.all(beside.map(async (name) => found.set(name, await measurePeer(line_name, name))))
  results.push(...names.flatMap((name) => found.get(name)))
}
const browser = parts.includes('browser') ? await measureBrowser({ only: BROWSER.filter((name) => options.only.split(',').includes(name)), count }) : undefined
const ingest = parts.includes('ingest') ? await measureHub('ingest') : undefined
const hops = parts.includes('hops') ? await measureHub('hops') : undefined
const relay = parts.includes('relay') ? await measureHub('relay') : undefined
const fanout = parts.includes('fanout') ? await measureHub('fanout') : undefined
const command = `node bench/run.mjs ${process.argv.slice(2).join(' ')}`.trim()
writeReport(results, { count, date: options.date, command, load, browser, ingest, fanout, relay, hops })
