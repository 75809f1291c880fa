// One end of a measurement in a process of its own: `role.mjs <peer>`, started by run.mjs and obeying its calls over IPC.

import { digestRecords, makeRecords } from './payload.mjs'

const { default: peer } = await import(`./peers/${process.argv[2]}.mjs`)
let end

const calls = {
  async startServer(settings) {
    end = await peer.startServer(settings)
    return end.address
  },
  async openClient(settings) {
    end = await peer.openClient(settings)
  },
  enrol: (address) => end.enrol?.(address),
  load: (count) => end.load(makeRecords(count)),
  push: (address) => end.push(address),
  boot: (address, count) => end.boot(address, count),
  fold: () => end.fold(),
  count: () => end.count(),
  whenHas: (count) => end.whenHas(count),
  digest: async () => digestRecords(await end.read()),
  stop: () => end.stop?.(),
}

process.on('message', async ({ number, call, args }) => {
  try {
    const value = await calls[call](...args)
    process.send({ number, value: ['startServer', 'count', 'digest'].includes(call) ? value : undefined })
  } catch (error) {
    process.send({ number, error: error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error) })
  }
})
// When run.mjs is gone, nothing that was started here may stay.
process.on('disconnect', async () => {
  await calls.stop()
  process.exit()
})
process.send({ ready: true })
