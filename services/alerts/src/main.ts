import { loadCatalogue } from '@northstar/catalogue'
import { openWarehouse } from '@northstar/clickhouse/open'
import { openEventLog } from '@northstar/event-log/open'
import { openLiveCounters } from '@northstar/live-counters/open'
import { createMetricReader, metricKinds } from '@northstar/metrics'
import { createAccess, createLogger, createMetrics, placesOf, resource, serveProcess } from '@northstar/runtime'
import { openState } from '@northstar/state/open'
import { createAlerts } from './alerts.ts'
import { readConfig } from './config.ts'

/** Alerts as a process of its own. Gives the exit code. */
export async function main(): Promise<number> {
  const config = readConfig()
  const logger = createLogger(config.logLevel, 'alerts')
  const { catalogue, warnings } = loadCatalogue(config.productFolder, { kinds: metricKinds, env: config.environment })
  for (const warning of warnings) logger.warn(warning, 'product file')
  const places = placesOf(config, catalogue.product.name)
  const now = Date.now
  const state = openState(places.state, now)
  // The counters are kept by partition of the log: only the log knows how many there are.
  const log = await openEventLog(places.log, { logger, clientId: 'northstar-alerts' })
  const counters = openLiveCounters({ ...places.counters, partitions: log.partitions }, now)
  const warehouse = await openWarehouse(places.warehouse)
  const reader = createMetricReader({ catalogue, counters, query: (sql, params) => warehouse.query(sql, { params }), now })
  const { requireByMethod } = createAccess({ adminToken: config.adminToken, read: key => state.get(key) })
  const metrics = createMetrics()
  const alerts = createAlerts(config, {
    catalogue,
    read: reader.read,
    onAdvance: counters.onAdvance,
    state,
    warehouse,
    authorize: requireByMethod,
    now,
    logger,
    metrics,
  })
  const components = [
    resource('state', state),
    resource('event log', log),
    resource('live counters', counters),
    resource('warehouse engine', warehouse),
    alerts,
  ]
  return serveProcess({ settings: config, logger, metrics, components, routes: [alerts.routes] })
}
