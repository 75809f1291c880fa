/** tus-js-client as it is published, against a hub: one JSON order on standard input, one JSON report a line out. */
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const order = JSON.parse(readFileSync(0, 'utf8'))
const tus = createRequire(order.modules)('tus-js-client')
const content = readFileSync(order.file)
const report = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)
let sent = 0

const upload = new tus.Upload(content, {
  endpoint: order.endpoint,
  uploadUrl: order.uploadUrl,
  chunkSize: order.chunkSize,
  headers: order.headers,
  metadata: { sha256: order.sha256, filename: 'scan.jpg' },
  retryDelays: [0, 100, 500],
  overridePatchMethod: order.overridePatchMethod === true,
  onBeforeRequest: (request) => report({ method: request.getMethod() }),
  onAfterResponse: (_, response) => report({ status: response.getStatus(), stored: response.getHeader('Zc-Stored') ?? null }),
  onError: (error) => report({ error: String(error) }),
  onSuccess: () => report({ done: upload.url }),
  onChunkComplete: (_, accepted) => {
    sent = accepted
    if (order.stopAt !== undefined && sent >= order.stopAt) {
      upload.abort(order.terminate === true).then(() => report({ stopped: upload.url, sent }))
    }
  },
})
upload.start()
