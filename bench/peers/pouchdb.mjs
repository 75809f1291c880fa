// PouchDB replicating with express-pouchdb, both on the memory adapter (the quickest it has).

import { Agent } from 'node:http'
import express from 'express'
import makeCouchRoutes from 'express-pouchdb'
import http from 'pouchdb-adapter-http'
import memory from 'pouchdb-adapter-memory'
import PouchDB from 'pouchdb-core'
import replication from 'pouchdb-replication'

PouchDB.plugin(memory).plugin(http).plugin(replication)

const NAME = 'cases'

const toDocument = ({ id, ...rest }) => ({ _id: id, ...rest })
const readAll = async (database) => {
  const { rows } = await database.allDocs({ include_docs: true })
  return rows.map(({ doc: { _id, _rev, ...rest } }) => ({ id: _id, ...rest }))
}

async function startServer() {
  const Stored = PouchDB.defaults({ adapter: 'memory' })
  const app = express()
  app.use('/', makeCouchRoutes(Stored, { mode: 'minimumForPouchDB' }))
  const server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening))
  })
  // The routes keep their own list of databases, so it is made through them.
  const made = await fetch(`http://127.0.0.1:${server.address().port}/${NAME}`, { method: 'PUT' })
  if (!made.ok) throw new Error(`making the database gave ${made.status}`)
  const database = new Stored(NAME)
  return {
    address: { port: server.address().port },
    count: async () => (await database.info()).doc_count,
    read: () => readAll(database),
  }
}

async function openClient({ batch_size }) {
  const local = new PouchDB('local', { adapter: 'memory' })
  // node-fetch opens a connection a request; a browser keeps them.
  const agent = new Agent({ keepAlive: true })
  const fetchKept = (url, options) => PouchDB.fetch(url, { ...options, agent })
  const openRemote = (port) =>
    new PouchDB(`http://127.0.0.1:${port}/${NAME}`, { adapter: 'http', fetch: fetchKept, skip_setup: true })
  const options = batch_size === undefined ? {} : { batch_size }
  return {
    load: (records) => local.bulkDocs(records.map(toDocument)),
    push: ({ port }) => local.replicate.to(openRemote(port), options),
    boot: ({ port }) => local.replicate.from(openRemote(port), options),
    read: () => readAll(local),
  }
}

export default {
  title: 'PouchDB + express-pouchdb',
  packages: ['pouchdb-core', 'express-pouchdb'],
  settings: { 'as shipped': {}, tuned: { batch_size: 5000 } },
  tuning: 'batches of 5,000',
  acknowledges: true,
  does: {
    durable: 'no: both ends in memory here (LevelDB or IndexedDB would be slower)',
    signed: 'no',
    acknowledged: 'yes: each batch by its answer, and a checkpoint written on both sides',
  },
  startServer,
  openClient,
}
