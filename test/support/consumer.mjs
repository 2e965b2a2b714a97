// One consumer of the built product in a process of its own, over real servers, with a short session timeout, which ends or
// freezes itself at a chosen step: no signal from outside could meet the moment. The argument is JSON:
// {role, sessionTimeoutMs, fault?: {step, when: before|during|after, nth, signal: SIGKILL|SIGSTOP}}
import { writeSync } from 'node:fs'
import { loadProduct } from '@northstar/catalogue'
import { openWarehouse } from '@northstar/clickhouse/open'
import { COUNTERS_DEFAULTS, createCounters } from '@northstar/counters'
import { connectKafkaLog } from '@northstar/event-log/kafka'
import { topicOf } from '@northstar/event-log/open'
import { openLiveCounters } from '@northstar/live-counters/open'
import { livePlan, metricsSection } from '@northstar/metrics'
import { createLogIncidents } from '@northstar/pipeline'
import { createLogger, createMetrics, readSettings, runUntilEnd, startApp, storeLocations } from '@northstar/runtime'
import { openState } from '@northstar/state/open'
import { createWarehouse, WAREHOUSE_DEFAULTS } from '@northstar/warehouse'

const { role, sessionTimeoutMs, fault } = JSON.parse(process.argv[2])
let left = fault?.nth ?? 0

/** @param {string} step @param {string} when */
function reached(step, when) {
  if (step !== fault?.step || when !== fault.when || --left !== 0) return
  const now = () => {
    writeSync(1, `${fault.signal} ${when} ${step}\n`)
    process.kill(process.pid, fault.signal)
  }
  // By then the request is on its way.
  if (when === 'during') setTimeout(now, Math.random() * 10)
  else now()
}

/** The work with the faults around it. */
const step =
  (name, work) =>
  async (...args) => {
    const of = typeof name === 'function' ? name(...args) : name
    reached(of, 'before')
    const working = work(...args)
    reached(of, 'during')
    const result = await working
    reached(of, 'after')
    return result
  }

const settings = readSettings()
const logger = createLogger('info', role)
const metrics = createMetrics()
const { catalogue } = loadProduct(settings.productFolder, { metrics: metricsSection })
const { product, plan } = catalogue
const locations = storeLocations(settings, product.name)
const log = await connectKafkaLog(
  { ...settings.kafka, topic: topicOf(product.name), clientId: `test-${role}`, sessionTimeoutMs, heartbeatMs: 200 },
  { logger },
)
const stepped = {
  ...log,
  consume: options =>
    log.consume({ ...options, run: claim => options.run({ ...claim, commit: step('commit', commit => claim.commit(commit)) }) }),
}
const state = openState(locations.state, Date.now)
const shared = { log: stepped, incidents: createLogIncidents(state, Date.now), plan, metrics, logger, now: Date.now }
const closing = [state]

function createService() {
  if (role === 'counters') {
    const counters = openLiveCounters({ ...locations.counters, partitions: log.partitions }, Date.now)
    closing.push(counters)
    const apply = step('apply', (...args) => counters.apply(...args))
    const position = step('position', partition => counters.position(partition))
    return createCounters(COUNTERS_DEFAULTS, { ...shared, counters: { ...counters, apply, position }, aggregates: livePlan(catalogue) })
  }
  const insert = step(
    table => `insert ${table}`,
    (...args) => warehouse.insert(...args),
  )
  const insertBlock = step(
    table => `insert ${table}`,
    (...args) => warehouse.insertBlock(...args),
  )
  closing.push(warehouse)
  return createWarehouse(WAREHOUSE_DEFAULTS, { ...shared, warehouse: { ...warehouse, insert, insertBlock } })
}

const warehouse = role === 'warehouse' ? await openWarehouse(locations.warehouse) : undefined
const app = await startApp([createService()], logger)
const code = await runUntilEnd(app, logger)
await Promise.all([...closing, log].map(port => port.close()))
process.exit(code)
