// A TCP proxy that counts what passes and can be a slow line: a round trip, and a rate each way shared by all connections.
// `node bench/line.mjs` checks it: 1 MB at 2 Mbit/s must take 4.0 s and the latency, in both directions.

import { connect, createServer } from 'node:net'
import { pathToFileURL } from 'node:url'
import { emptyTally, meterConnection } from './meter.mjs'

export const LINES = {
  fast: { title: 'loopback', round_trip_ms: 0, bits_per_second: Infinity },
  slow: { title: '200 ms round trip, 2 Mbit/s each way', round_trip_ms: 200, bits_per_second: 2_000_000 },
}

const SEGMENT_BYTES = 1460
// What a router would hold; beyond it the sender is stopped and feels the line.
const BACKLOG_BYTES_MAX = 64 * 1024

/** One direction of the line: a queue whose segments leave at the rate and arrive half a round trip later, in order. */
function makeDirection({ round_trip_ms, bits_per_second }) {
  if (bits_per_second === Infinity) return { send: (_source, bytes, deliver) => deliver(bytes) }
  const queue = []
  const paused = new Set()
  let free_at_ms = 0
  let backlog_bytes = 0
  let timer

  const drain = () => {
    timer = undefined
    const now_ms = performance.now()
    let due = 0
    for (; due < queue.length && queue[due].arrives_at_ms <= now_ms; due += 1) {
      backlog_bytes -= queue[due].bytes?.length ?? 0
      queue[due].deliver(queue[due].bytes)
    }
    queue.splice(0, due)
    if (backlog_bytes < BACKLOG_BYTES_MAX) {
      for (const source of paused) source.resume()
      paused.clear()
    }
    schedule()
  }
  const schedule = () => {
    if (timer !== undefined || queue.length === 0) return
    timer = setTimeout(drain, Math.max(0, queue[0].arrives_at_ms - performance.now()))
  }
  const put = (bytes, deliver) => {
    const size = bytes?.length ?? 0
    free_at_ms = Math.max(performance.now(), free_at_ms) + (size * 8000) / bits_per_second
    backlog_bytes += size
    queue.push({ arrives_at_ms: free_at_ms + round_trip_ms / 2, bytes, deliver })
  }
  return {
    /** Queues `bytes` (undefined: the end of the stream) behind all that was sent before on any connection. */
    send(source, bytes, deliver) {
      if (bytes === undefined) put(undefined, deliver)
      else for (let at = 0; at < bytes.length; at += SEGMENT_BYTES) put(bytes.subarray(at, at + SEGMENT_BYTES), deliver)
      if (backlog_bytes > BACKLOG_BYTES_MAX) {
        source.pause()
        paused.add(source)
      }
      schedule()
    },
  }
}

/** Opens a line on 127.0.0.1 to `target_port`; resolves with its port, its running tally and `close()`. */
export async function openLine(target_port, line) {
  const tally = emptyTally()
  const up = makeDirection(line)
  const down = makeDirection(line)
  const sockets = new Set()

  const carry = (direction, source, target, count) => {
    const deliver = (bytes) => {
      if (bytes === undefined) target.end()
      else if (!target.destroyed) target.write(bytes)
    }
    source.on('data', (bytes) => {
      count(bytes)
      direction.send(source, bytes, deliver)
    })
    source.on('end', () => direction.send(source, undefined, deliver))
    source.on('error', () => target.destroy())
    source.on('close', () => sockets.delete(source))
  }
  const join = (client) => {
    if (client.destroyed) return
    const server = connect({ port: target_port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    sockets.add(server)
    const meter = meterConnection(tally)
    carry(up, client, server, meter.up)
    carry(down, server, client, meter.down)
  }
  const listener = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    sockets.add(client)
    // The kernel has shaken hands already; on a real line that alone takes a round trip.
    if (line.round_trip_ms === 0) join(client)
    else setTimeout(join, line.round_trip_ms, client)
  })
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    port: listener.address().port,
    tally,
    close() {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => listener.close(resolve))
    },
  }
}

/** Sends 1 MB each way, one after the other, over a fresh connection and compares with what the line promises. */
async function checkLine(line) {
  const size = 1_000_000
  const echo = createServer({ allowHalfOpen: true }, (socket) => {
    let got = 0
    socket.on('data', (bytes) => {
      got += bytes.length
      if (got === size) socket.end(Buffer.alloc(size))
    })
  })
  await new Promise((resolve) => echo.listen(0, '127.0.0.1', resolve))
  const opened = await openLine(echo.address().port, line)
  const started_ms = performance.now()
  const client = connect(opened.port, '127.0.0.1')
  client.write(Buffer.alloc(size))
  let got = 0
  for await (const bytes of client) got += bytes.length
  const took_s = (performance.now() - started_ms) / 1000
  await opened.close()
  echo.close()
  const promised_s = (2 * size * 8) / line.bits_per_second + (2 * line.round_trip_ms) / 1000
  process.stdout.write(`1 MB up, then 1 MB down: ${took_s.toFixed(2)} s, promised ${promised_s.toFixed(2)} s\n`)
  if (got !== size || opened.tally.bytes_up !== size || Math.abs(took_s - promised_s) > 0.05 * promised_s) {
    throw new Error('the emulated line is not what it says')
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await checkLine(LINES.slow)
