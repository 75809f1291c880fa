// Yjs with y-websocket: one shared array of records, the server as @y/websocket-server ships it, in memory.

import { createServer } from 'node:http'
import { getYDoc, setupWSConnection } from '@y/websocket-server/utils'
import { WebSocket, WebSocketServer } from 'ws'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'

const ROOM = 'cases'
const recordsOf = (document) => document.getArray('records')

async function startServer({ deflate }) {
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: deflate })
  sockets.on('connection', setupWSConnection)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const records = recordsOf(getYDoc(ROOM))
  return {
    address: { port: server.address().port },
    count: async () => records.length,
    whenHas: (count) => whenHas(records, count),
    read: async () => records.toArray(),
  }
}

function whenHas(records, count) {
  return new Promise((resolve) => {
    const look = () => {
      if (records.length < count) return
      records.unobserve(look)
      resolve()
    }
    records.observe(look)
    look()
  })
}

async function openClient() {
  const document = new Y.Doc()
  const records = recordsOf(document)
  const join = ({ port }) =>
    new WebsocketProvider(`ws://127.0.0.1:${port}`, ROOM, document, { WebSocketPolyfill: WebSocket, disableBc: true })
  return {
    // A transaction a record, as they would have been written one by one at a window.
    async load(all) {
      for (const record of all) records.push([record])
    },
    async push(address) {
      join(address)
    },
    async boot(address, count) {
      join(address)
      await whenHas(records, count)
    },
    read: async () => records.toArray(),
  }
}

export default {
  title: 'Yjs + y-websocket',
  packages: ['yjs', 'y-websocket', '@y/websocket-server'],
  settings: { 'as shipped': { deflate: false }, tuned: { deflate: true } },
  tuning: 'per-message deflate',
  acknowledges: false,
  does: {
    durable: 'no: in memory',
    signed: 'no',
    acknowledged: 'no: the client is never told; timed to the moment the server holds all',
  },
  startServer,
  openClient,
}
