// Ours: a real hub process on SQLite (synchronous=FULL) and the tablet's own engine, as pwa/src/node runs it without a screen.
//
// A record is a case: its id is the case's stream, its person the applicant, all else fields of the form. The case also
// says what any real one says (item, version, department, a receipt number of this device), which makes it larger.

import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { WebSocket } from 'ws'

const run = promisify(execFile)

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PYTHON = path.join(ROOT, '.venv/bin/python')
const HUB = path.join(ROOT, '.venv/bin/zongchuang')
const ROLLDOWN = path.join(ROOT, 'pwa/node_modules/.bin/rolldown')
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

const POINT = 'HALL'
const FEED = `point:${POINT}`
const CLERK = { username: 'dating.shouli1', password: 'Zongchuang-2026' }
const ITEM = 'SCJG-001'

const dashed = (hex) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

const toForm = ({ id, receipt, item, channel, window, at, applicant, form }) => ({
  stream: Uint8Array.from(Buffer.from(id.replaceAll('-', ''), 'hex')),
  itemId: ITEM,
  window,
  applicant: { name: applicant.name, id_type: 'idcard', id_no: applicant.idNo, phone: applicant.phone },
  // Form values are text.
  fields: { receipt, item, channel, at: String(at), ...form, copies: String(form.copies) },
})

const toRecord = ({ stream, window, applicant, fields: { receipt, item, channel, at, ...form } }) => ({
  id: dashed(Buffer.from(stream).toString('hex')),
  type: 'case.received',
  receipt,
  item,
  channel,
  window,
  at: Number(at),
  applicant: { name: applicant.name, idNo: applicant.id_no, phone: applicant.phone },
  form: { ...form, copies: Number(form.copies) },
})

/** Resolves with the port that the hub says it listens on; its log goes nowhere but into an early death's message. */
function whenListening(hub) {
  const log = []
  return new Promise((resolve, reject) => {
    createInterface({ input: hub.stderr }).on('line', (line) => log.push(line) > 20 && log.shift())
    hub.once('exit', (code) => reject(new Error(`the hub ended with ${code}\n${log.join('\n')}`)))
    createInterface({ input: hub.stdout }).on('line', (line) => {
      const [, port] = /http:\/\/127\.0\.0\.1:(\d+)\/$/.exec(line) ?? []
      if (port !== undefined) resolve(Number(port))
    })
  })
}

async function startServer() {
  const data = await mkdtemp(path.join(tmpdir(), 'zc-bench-'))
  const hub = spawn(HUB, ['serve', '--data', data, '--port', '0'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  const gone = new Promise((resolve) => hub.once('exit', resolve))
  const port = await whenListening(hub)
  // What is in the database, read by the hub's own store: its fold of every case.
  const readCases = async () => {
    const { stdout } = await run(PYTHON, ['-m', 'bench.cases', data], { cwd: ROOT, maxBuffer: OUTPUT_BYTES_MAX })
    return stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line))
  }
  return {
    address: { port, data },
    count: async () => (await readCases()).length,
    async read() {
      // Every chain, signature, position, feed and projection, beside the records themselves.
      await run(HUB, ['verify', '--data', data], { cwd: ROOT })
      return (await readCases()).map(({ stream, ...rest }) => toRecord({ stream: Buffer.from(stream, 'hex'), ...rest }))
    },
    async stop() {
      hub.kill()
      await gone
      await rm(data, { recursive: true, force: true })
    },
  }
}

async function bundleClient() {
  const folder = await mkdtemp(path.join(tmpdir(), 'zc-bench-client-'))
  const file = path.join(folder, 'client.mjs')
  const options = ['--file', file, '--platform', 'node', '--logLevel', 'silent']
  await run(ROLLDOWN, [path.join(ROOT, 'pwa/src/node/client.ts'), ...options], { cwd: path.join(ROOT, 'pwa') })
  const { Client } = await import(pathToFileURL(file).href)
  return { Client, folder }
}

async function openClient() {
  const { Client, folder } = await bundleClient()
  const makeSocket = (url, headers) => new WebSocket(url, { headers, perMessageDeflate: false })
  let client
  return {
    /** Once in a device's life: key, sign-in, and the zone's catalogue. */
    async enrol({ port, data }) {
      const { stdout } = await run(HUB, ['enrol-code', POINT, '--data', data], { cwd: ROOT })
      client = new Client(`http://127.0.0.1:${port}`, makeSocket)
      await client.enrol({ code: stdout.trim(), ...CLERK })
      await client.boot('zone', 1)
      client.disconnect()
    },
    load: (records) => client.load(records.map(toForm)),
    push: () => client.push(),
    boot: (_, count) => client.boot(FEED, count),
    fold: () => client.fold(),
    async read() {
      const refused = client.refused()
      if (refused.length > 0) throw new Error(`${refused.length} events were refused, the first as ${refused[0]}`)
      return client.read().map(toRecord)
    },
    async stop() {
      client?.disconnect()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export default {
  title: 'Zongchuang',
  packages: [],
  settings: { 'as shipped': {} },
  acknowledges: true,
  folds: true,
  does: {
    durable: 'yes: SQLite, synchronous=FULL, before each acknowledgement; judged, folded and projected in the same transaction',
    signed: 'yes: every event in its device’s hash chain, each push signed by the device; chains and signatures are checked at both ends',
    acknowledged: 'yes: each push by a signature of the hub, which the client verifies',
  },
  startServer,
  openClient,
}
