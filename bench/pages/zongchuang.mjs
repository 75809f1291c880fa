// Our side of the boot in a browser: the window's end of the built desk's worker, as worker/bridge.ts has it.

import { proxy, wrap } from '../../pwa/node_modules/comlink/dist/esm/comlink.mjs'

const CLERK = { username: 'dating.shouli1', password: 'Zongchuang-2026', pin: '407182' }

const ok = (result) => {
  if (!result.ok) throw new Error(result.code)
  return result.value
}

async function startWorker(url) {
  const remote = wrap(new Worker(url, { type: 'module', name: 'zongchuang' }))
  ok(await remote.attach(null, proxy(() => undefined)))
  return remote
}

const toRecord = ({ id, applicantName, applicantIdNo, applicantPhone, fields }) => {
  const values = Object.fromEntries(Object.entries(fields).map(([key, [{ value }]]) => [key, value]))
  const { receipt, item, channel, at, ...form } = values
  return {
    id: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    type: 'case.received',
    receipt,
    item,
    channel,
    at: Number(at),
    applicant: { name: applicantName, idNo: applicantIdNo, phone: applicantPhone },
    form: { ...form, copies: Number(form.copies) },
  }
}

let remote
globalThis.bench = {
  /** The device enrolled; nobody is signed in, so there is no connection yet. */
  async open({ worker, code }) {
    remote = await startWorker(worker)
    ok(await remote.enrol(code, 'bench'))
  },
  /** From the end of the sign-in, with which the connection begins, until every case was told of and the last can be read. */
  async boot({ count }) {
    const ids = new Set()
    let last
    const all = new Promise((resolve) => {
      const heard = proxy((change) => {
        if (change.kind !== 'cases') return
        for (last of change.ids) ids.add(last)
        if (ids.size >= count) resolve()
      })
      void remote.subscribe(heard)
    })
    ok(await remote.signIn(CLERK.username, CLERK.password))
    const started_ms = performance.now()
    await all
    if ((await remote.caseView(last)) === null) throw new Error('the last case cannot be read')
    return performance.now() - started_ms
  },
  /** Every case folded and made into the line that a list shows. */
  async fold() {
    const started_ms = performance.now()
    await remote.cases({ group: 'all' })
    return performance.now() - started_ms
  },
  async read() {
    const lines = await remote.cases({ group: 'all' })
    const views = await Promise.all(lines.map(({ id }) => remote.caseView(id)))
    return views.map(toRecord)
  },
  /** Before the window goes, so that a PIN opens what is stored. */
  async keep() {
    ok(await remote.setPin(CLERK.pin))
  },
  /** In a new window on the same storage: how many cases are there once the PIN has opened it. */
  async again({ worker }) {
    remote = await startWorker(worker)
    const { users } = await remote.status()
    ok(await remote.unlock(users[0].id, CLERK.pin))
    return (await remote.cases({ group: 'all' })).length
  },
}
