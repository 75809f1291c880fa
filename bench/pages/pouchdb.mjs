// PouchDB's side of the boot in a browser: its IndexedDB adapter, as its own browser build has it.

import http from 'pouchdb-adapter-http'
import idb from 'pouchdb-adapter-idb'
import PouchDB from 'pouchdb-core'
import replication from 'pouchdb-replication'

PouchDB.plugin(idb).plugin(http).plugin(replication)

let local
globalThis.bench = {
  async open() {
    local = new PouchDB('local', { adapter: 'idb', auto_compaction: false })
    await local.info()
  },
  async boot({ count, settings: { batch_size } }) {
    const started_ms = performance.now()
    const remote = new PouchDB(`${location.origin}/cases`, { adapter: 'http', skip_setup: true })
    await local.replicate.from(remote, batch_size === undefined ? {} : { batch_size })
    const took_ms = performance.now() - started_ms
    const { doc_count } = await local.info()
    if (doc_count !== count) throw new Error(`replicated ${doc_count} of ${count}`)
    return took_ms
  },
  async read() {
    const { rows } = await local.allDocs({ include_docs: true })
    return rows.map(({ doc: { _id, _rev, ...rest } }) => ({ id: _id, ...rest }))
  },
  keep: () => local.close(),
  async again() {
    local = new PouchDB('local', { adapter: 'idb' })
    return (await local.info()).doc_count
  },
}
