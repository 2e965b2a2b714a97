import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { loadCatalogue } from '@northstar/catalogue'
import { createHttpServer, createLogger, createMetrics } from '@northstar/runtime'
import { openEmbeddedState } from '@northstar/state/embedded'
import { createIngest, INGEST_DEFAULTS } from './dist/ingest.js'

const dir = mkdtempSync('/tmp/bench/x')
const file = await open(dir + '/log', 'a')
let n = 0,
  recs = 0
const log = {
  partitions: Number(process.argv[2] ?? 1),
  async append(rs) {
    recs += rs.length
    for (const r of rs) {
      await file.write(r.value)
    }
    await file.datasync()
    n++
  },
  health: async () => ({ healthy: true, reason: '' }),
  close: async () => {},
}
const logger = createLogger('silent', 'b')
const { plan } = loadCatalogue('/work/main/deploy/products/caro').catalogue
const state = openEmbeddedState({ path: dir })
const metrics = createMetrics()
const ingest = createIngest({ ...INGEST_DEFAULTS, writeKey: 'k' }, { plan, log, state, now: Date.now, logger, metrics })
const http = createHttpServer({ host: '127.0.0.1', port: 0, logger, routes: [ingest.routes], health: async () => ({}) })
await ingest.start()
await http.start()
let cpu0
process.on('message', m => {
  if (m === 'start') {
    cpu0 = process.cpuUsage()
  }
  if (m === 'stop') {
    const c = process.cpuUsage(cpu0)
    process.send({ cpu: c, appends: n, recs })
    http.stop().then(() => process.exit())
  }
})
process.send({ url: http.url() })
