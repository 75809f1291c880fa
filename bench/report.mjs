// Renders the results as Markdown and keeps docs/benchmarks.md between its markers up to date.

import { readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { deflateRawSync } from 'node:zlib'
import { LINES } from './line.mjs'
import { makeRecords } from './payload.mjs'

const PAGE = new URL('../docs/benchmarks.md', import.meta.url)
const [OPEN, CLOSE] = ['<!-- sync-bench:begin -->', '<!-- sync-bench:end -->']

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version

const kB = (bytes) => (bytes < 10_000 ? (bytes / 1000).toFixed(1) : Math.round(bytes / 1000).toLocaleString('en'))
const table = (head, rows, rule) =>
  [head, head.map((_, index) => rule(index)), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

/** The run with the median time; its bytes and requests are the ones shown. */
function median(runs, verb) {
  const sorted = runs.map((run) => run[verb]).sort((a, b) => a.took_s - b.took_s)
  return { ...sorted[Math.floor((sorted.length - 1) / 2)], least_s: sorted[0].took_s, most_s: sorted.at(-1).took_s }
}

const seconds = ({ took_s, least_s, most_s, folded_s }) =>
  (least_s === most_s ? took_s.toFixed(2) : `${took_s.toFixed(2)} (${least_s.toFixed(2)}–${most_s.toFixed(2)})`) +
  (folded_s === undefined ? '' : `; folded ${folded_s.toFixed(2)}`)

const traffic = ({ requests, messages_up, messages_down }) =>
  messages_up + messages_down > 0 ? `${messages_up} ↑ ${messages_down} ↓` : `${requests} requests`

function resultTable(results) {
  const head = ['peer', 'settings']
  for (const verb of ['push', 'boot']) head.push(`${verb}, s`, 'kB up', 'kB down', 'requests or messages')
  const rows = results.map(({ peer, setting, runs }) => [
    peer.title,
    setting,
    ...['push', 'boot'].flatMap((verb) => {
      const run = median(runs, verb)
      return [seconds(run), kB(run.bytes_up), kB(run.bytes_down), traffic(run)]
    }),
  ])
  return table(head, rows, (index) => (index < 2 ? '---' : '---:'))
}

function peerTable(peers) {
  const rows = peers.map((peer) => [
    peer.title,
    peer.packages.map((name) => `${name} ${versionOf(name)}`).join(', ') || 'this tree',
    peer.does.durable,
    peer.does.signed,
    peer.does.acknowledged,
    peer.tuning ?? 'nothing to tune',
  ])
  return table(['peer', 'versions', 'durable on the server', 'signed', 'acknowledged', 'tuned means'], rows, () => '---')
}

/** What the payload weighs, and what the slow line alone asks for it. */
function payloadFacts(count) {
  const lines = makeRecords(count).map((record) => JSON.stringify(record))
  const plain = Buffer.byteLength(lines.join(''))
  const packed = deflateRawSync(lines.join('\n')).length
  const floor_s = (bytes) => ((bytes * 8) / LINES.slow.bits_per_second + LINES.slow.round_trip_ms / 1000).toFixed(1)
  return [
    `Payload: ${count.toLocaleString('en')} records, ${Math.round(plain / count)} bytes of JSON each on average,`,
    `${kB(plain)} kB plain and ${kB(packed)} kB as one deflated block.`,
    `The slow line alone asks ${floor_s(plain)} s for the plain bytes and ${floor_s(packed)} s for the deflated ones.`,
  ].join(' ')
}

const SLOWEST_FIRST = (a, b) => b - a

/** Events a second of the hub alone, from decoded pushes to durable commits. */
function ingestTable({ events, seconds }) {
  const rows = Object.entries(seconds).map(([database, times]) => {
    const rates = [...times].sort(SLOWEST_FIRST).map((time) => Math.round(events / time))
    const whole = (rate) => rate.toLocaleString('en')
    return [database, whole(rates[Math.floor(rates.length / 2)]), `${whole(rates[0])}–${whole(rates.at(-1))}`]
  })
  return table(['database', 'events a second, median', 'least–most'], rows, (index) => (index < 1 ? '---' : '---:'))
}

/** How soon one case reaches every socket that follows its point. */
function fanoutTable({ delivered_ms, acknowledged_ms }) {
  const row = (name, { p50, p99, max }) => [name, ...[p50, p99, max].map((ms) => ms.toFixed(0))]
  const rows = [row('the page at each reader', delivered_ms), row('the signed acknowledgement at the author', acknowledged_ms)]
  return table(['from the push leaving the author to', 'p50, ms', 'p99, ms', 'worst, ms'], rows, (index) => (index < 1 ? '---' : '---:'))
}

/** Boot in Chromium, into what each stores in a profile on disk. */
export function browserTable(results) {
  const rows = results.map(({ title, setting, storage, runs }) => {
    const [least, middle, most] = ((sorted) => [sorted[0], sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)])(
      [...runs].sort((a, b) => a.took_s - b.took_s),
    )
    const shown = seconds({ ...middle, least_s: least.took_s, most_s: most.took_s })
    return [title, setting, storage, shown, Math.round(middle.kB_down).toLocaleString('en')]
  })
  return table(['peer', 'settings', 'stored in', 'boot, s', 'kB down'], rows, (index) => (index < 3 ? '---' : '---:'))
}

/** From one point's tablet to another's, over both relays and the hub. */
function hopsTable({ cases, seen_ms: { p50, p99, max } }) {
  return table(['cases', 'p50, ms', 'p99, ms', 'worst, ms'], [[cases, ...[p50, p99, max].map((ms) => ms.toFixed(0))]], () => '---:')
}

/** What a point's relay holds in memory, step by step, and how soon what the hub has reaches its sockets. */
function relayTable({ rows }) {
  const cells = rows.map(({ what, mb, most_mb, delivered_ms }) => [
    what,
    ...[mb, most_mb].map((value) => value.toFixed(0)),
    ...(delivered_ms === undefined ? ['', ''] : [delivered_ms.p50.toFixed(0), delivered_ms.p99.toFixed(0)]),
  ])
  return table(['after', 'memory, MB', 'the most so far, MB', 'to each socket, p50, ms', 'p99, ms'], cells, (index) => (index < 1 ? '---' : '---:'))
}

function render(results, { count, date, command, load, browser, ingest, fanout, relay, hops }) {
  const [cpu] = os.cpus()
  const peers = [...new Set(results.map((result) => result.peer))]
  const parts = [
    `Measured ${date ?? 'without a date'} with \`${command}\` on ${os.cpus().length} cores (${cpu.model.trim()}), ` +
      `${Math.round(os.totalmem() / 2 ** 30)} GB of memory, ${os.type()} ${os.release()}, Node ${process.versions.node}. ` +
      `Load of the machine by others when it began: ${load.toFixed(1)} on its ${os.cpus().length} cores.`,
    payloadFacts(count),
  ]
  for (const [name, line] of Object.entries(LINES)) {
    const rows = results.filter((result) => result.line_name === name)
    if (rows.length === 0) continue
    const repeats = rows[0].runs.length === 1 ? 'one run' : `median of ${rows[0].runs.length} runs (least–most)`
    parts.push(`### ${name === 'fast' ? 'Fast' : 'Slow'} line: ${line.title}`, `${repeats}:`, resultTable(rows))
  }
  if (peers.length > 0) parts.push('### What each peer does', peerTable(peers))
  if (browser !== undefined) {
    parts.push(`### Boot of ${count.toLocaleString('en')} in Chromium, fast line`, 'Median of the runs (least–most):', browserTable(browser))
  }
  if (ingest !== undefined) parts.push(`### Ingest: ${ingest.events.toLocaleString('en')} events in pushes of 1,000`, ingestTable(ingest))
  if (fanout !== undefined) parts.push(`### Fan-out: ${fanout.cases} cases, one at a time, to ${fanout.sockets.toLocaleString('en')} sockets`, fanoutTable(fanout))
  if (relay !== undefined) parts.push('### The relay of a point: memory, and cases that come through the hub', relayTable(relay))
  if (hops !== undefined) parts.push('### Three hops: tablet → relay → hub → relay → tablet of another point, from saving to seen', hopsTable(hops))
  return parts.join('\n\n')
}

export function writeReport(results, facts) {
  const text = render(results, facts)
  process.stdout.write(`${text}\n`)
  if (facts.date === undefined) return
  const page = readFileSync(PAGE, 'utf8')
  const [start, end] = [page.indexOf(OPEN), page.indexOf(CLOSE)]
  if (start < 0 || end < start) throw new Error(`${PAGE.pathname} has no markers ${OPEN} … ${CLOSE}`)
  writeFileSync(PAGE, `${page.slice(0, start + OPEN.length)}\n\n${text}\n\n${page.slice(end)}`)
}
