// Starts a role.mjs process and calls it: one promise a call, a dead process rejects what is still open.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROLE = fileURLToPath(new URL('role.mjs', import.meta.url))

/** Resolves when the process has loaded its peer, so that loading is in no measurement. */
export async function startEnd(name) {
  const child = fork(ROLE, [name], { serialization: 'json' })
  const open = new Map()
  let last = 0
  let ready
  const loaded = new Promise((resolve, reject) => {
    ready = resolve
    open.set(0, { resolve, reject })
  })
  child.on('message', ({ number, value, error, ready: is_ready }) => {
    if (is_ready) {
      open.delete(0)
      ready()
      return
    }
    const waiting = open.get(number)
    open.delete(number)
    if (error === undefined) waiting.resolve(value)
    else waiting.reject(new Error(`${name}: ${error}`))
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  void gone.then((code) => {
    for (const { reject } of open.values()) reject(new Error(`the process of ${name} ended with ${code}`))
  })
  await loaded
  const call = (what, ...args) =>
    new Promise((resolve, reject) => {
      last += 1
      open.set(last, { resolve, reject })
      child.send({ number: last, call: what, args })
    })
  return {
    call,
    /** Lets the peer end what it started, then ends the process. */
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      try {
        await call('stop')
      } finally {
        child.kill()
        await gone
      }
    },
  }
}
