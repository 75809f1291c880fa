// Counts what crosses a line: bytes, HTTP requests and WebSocket messages, read from the plain bytes of one connection.

/**
 * Feeds arriving bytes to a generator that asks for `{ take: n }` (gets a Buffer), `{ skip: n }` or `{ line: true }`
 * (gets a header line without its CRLF). Skipped bytes are never buffered.
 */
function makeReader(program) {
  let want = program.next().value
  let held = Buffer.alloc(0)
  const answer = (value) => {
    want = program.next(value).value
  }
  return (bytes) => {
    held = held.length > 0 ? Buffer.concat([held, bytes]) : bytes
    while (want !== undefined) {
      if (want.skip !== undefined) {
        const gone = Math.min(want.skip, held.length)
        held = held.subarray(gone)
        want = { skip: want.skip - gone }
        if (want.skip > 0) return
        answer()
      } else if (want.line) {
        const end = held.indexOf('\r\n')
        if (end < 0) return
        const line = held.toString('latin1', 0, end)
        held = held.subarray(end + 2)
        answer(line)
      } else {
        if (held.length < want.take) return
        const taken = held.subarray(0, want.take)
        held = held.subarray(want.take)
        answer(taken)
      }
    }
    held = Buffer.alloc(0)
  }
}

/** Reads one HTTP head: its first line and its headers in lower case. */
function* readHead() {
  const first = yield { line: true }
  const headers = {}
  for (let line = yield { line: true }; line !== ''; line = yield { line: true }) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim().toLowerCase()
  }
  return { first, headers }
}

function* skipChunks() {
  for (let size = -1; size !== 0; ) {
    size = Number.parseInt(yield { line: true }, 16)
    yield { skip: size + 2 }
  }
}

/** RFC 6455 frames for ever; `onMessage` once a text or binary message (control frames are not counted). */
function* readFrames(onMessage) {
  for (;;) {
    const [opening, sizing] = yield { take: 2 }
    let size = sizing & 0x7f
    if (size === 126) size = (yield { take: 2 }).readUInt16BE()
    else if (size === 127) size = Number((yield { take: 8 }).readBigUInt64BE())
    yield { skip: size + (sizing & 0x80 ? 4 : 0) }
    if (opening & 0x80 && (opening & 0x0f) < 8) onMessage()
  }
}

function* readClient(tally) {
  for (;;) {
    const { headers } = yield* readHead()
    tally.requests += 1
    if (headers.upgrade === 'websocket') yield* readFrames(() => (tally.messages_up += 1))
    else if (headers['transfer-encoding'] === 'chunked') yield* skipChunks()
    else yield { skip: Number(headers['content-length'] ?? 0) }
  }
}

/** Answers to plain HTTP requests need no reading: only an accepted upgrade turns the bytes into frames. */
function* readServer(tally) {
  const { first } = yield* readHead()
  if (first.startsWith('HTTP/1.1 101')) yield* readFrames(() => (tally.messages_down += 1))
}

export const emptyTally = () => ({ bytes_up: 0, bytes_down: 0, requests: 0, messages_up: 0, messages_down: 0 })

/** One meter a connection, adding to the line's tally. */
export function meterConnection(tally) {
  const client = makeReader(readClient(tally))
  const server = makeReader(readServer(tally))
  return {
    up(bytes) {
      tally.bytes_up += bytes.length
      client(bytes)
    },
    down(bytes) {
      tally.bytes_down += bytes.length
      server(bytes)
    },
  }
}
