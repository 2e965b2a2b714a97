import { loadCatalogue } from '@northstar/catalogue'
import { openWarehouse } from '@northstar/clickhouse/open'
import { openEventLog } from '@northstar/event-log/open'
import { openLiveCounters } from '@northstar/live-counters/open'
import { createMetricReader, metricKinds } from '@northstar/metrics'
import { createAccess, createLogger, createMetrics, placesOf, resource, serveProcess } from '@northstar/runtime'
import { openState } from '@northstar/state/open'
import { readConfig } from './config.ts'
import { dashboardServer } from './server.ts'

/** The dashboard as a process of its own. Gives the exit code. */
export async function main(): Promise<number> {
  const config = readConfig()
  const logger = createLogger(config.logLevel, 'dashboard')
  const { catalogue } = loadCatalogue(config.productFolder, { kinds: metricKinds })
  const { product } = catalogue
  const places = placesOf(config, product.name)
  const now = Date.now
  const state = openState(places.state, now)
  const log = await openEventLog(places.log, { logger, clientId: 'northstar-dashboard' })
  const counters = openLiveCounters({ ...places.counters, partitions: log.partitions }, now)
  const warehouse = await openWarehouse(places.warehouse)
  const reader = createMetricReader({ catalogue, counters, query: (sql, params) => warehouse.query(sql, { params }), now })
  const control = createAccess({ adminToken: config.adminToken, read: key => state.get(key), publicUrl: config.people.publicUrl })
  const components = [
    resource('state', state),
    resource('event log', log),
    resource('live counters', counters),
    resource('warehouse engine', warehouse),
  ]
  const routes = dashboardServer({ catalogue, reader, control, state, log, counters, warehouse, people: config.people, now, logger })
  return serveProcess({ settings: config, logger, metrics: createMetrics(), components, routes })
}
