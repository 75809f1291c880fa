// RxDB with its websocket replication, server and client on the memory storage, live as an application would run it.

import { createRxDatabase } from 'rxdb/plugins/core'
import { replicateWithWebsocketServer, startWebsocketServer } from 'rxdb/plugins/replication-websocket'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { SCHEMA } from './schema.mjs'

async function openCollection() {
  const database = await createRxDatabase({ name: 'bench', storage: getRxStorageMemory(), multiInstance: false })
  const { cases } = await database.addCollections({ cases: { schema: SCHEMA } })
  return { database, cases }
}

const readAll = async (cases) => (await cases.find().exec()).map((found) => found.toJSON())

async function startServer({ deflate }) {
  const { database, cases } = await openCollection()
  const { server } = await startWebsocketServer({ database, port: 0, host: '127.0.0.1', perMessageDeflate: deflate })
  if (server.address() === null) await new Promise((resolve) => server.once('listening', resolve))
  return {
    address: { port: server.address().port },
    count: () => cases.count().exec(),
    read: () => readAll(cases),
  }
}

async function openClient({ batch_size }) {
  const { cases } = await openCollection()
  const replicate = ({ port }) =>
    replicateWithWebsocketServer({
      replicationIdentifier: 'bench',
      collection: cases,
      url: `ws://127.0.0.1:${port}`,
      batchSize: batch_size,
      live: true,
    })
  return {
    load: (records) => cases.bulkInsert(records),
    async push(address) {
      const state = await replicate(address)
      await state.awaitInitialReplication()
      await state.awaitInSync()
    },
    async boot(address, count) {
      const state = await replicate(address)
      await state.awaitInitialReplication()
      await state.awaitInSync()
      const stored = await cases.count().exec()
      if (stored !== count) throw new Error(`in sync with ${stored} of ${count}`)
    },
    read: () => readAll(cases),
  }
}

export default {
  title: 'RxDB websocket replication',
  packages: ['rxdb'],
  settings: { 'as shipped': { deflate: false }, tuned: { deflate: true, batch_size: 5000 } },
  tuning: 'batches of 5,000, per-message deflate',
  acknowledges: true,
  does: {
    durable: 'no: both ends in memory here',
    signed: 'no',
    acknowledged: 'yes: each batch by its answer; the server also echoes what was pushed',
  },
  startServer,
  openClient,
}
