// RxDB's side of the boot in a browser: its Dexie storage, the one of its free ones that lies on IndexedDB.

import { createRxDatabase } from 'rxdb/plugins/core'
import { replicateWithWebsocketServer } from 'rxdb/plugins/replication-websocket'
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie'
import { SCHEMA } from '../peers/schema.mjs'

let database
let cases

async function openCollection() {
  database = await createRxDatabase({ name: 'bench', storage: getRxStorageDexie(), multiInstance: false })
  const made = await database.addCollections({ cases: { schema: SCHEMA } })
  cases = made.cases
}

globalThis.bench = {
  open: openCollection,
  async boot({ count, settings: { batch_size } }) {
    const started_ms = performance.now()
    const state = await replicateWithWebsocketServer({
      replicationIdentifier: 'bench',
      collection: cases,
      url: location.origin.replace('http', 'ws'),
      batchSize: batch_size,
      live: true,
    })
    await state.awaitInitialReplication()
    await state.awaitInSync()
    const took_ms = performance.now() - started_ms
    const stored = await cases.count().exec()
    if (stored !== count) throw new Error(`in sync with ${stored} of ${count}`)
    await state.cancel()
    return took_ms
  },
  read: async () => (await cases.find().exec()).map((found) => found.toJSON()),
  keep: () => database.close(),
  async again() {
    await openCollection()
    return cases.count().exec()
  },
}
