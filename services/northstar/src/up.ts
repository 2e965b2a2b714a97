import { ALERTS_DEFAULTS, type AlertsConfig, createAlerts } from '@northstar/alerts'
import { loadCatalogue } from '@northstar/catalogue'
import { openWarehouse } from '@northstar/clickhouse/open'
import { COUNTERS_DEFAULTS, createCounters } from '@northstar/counters'
import { dashboardRoutes, liveRoutes, operationsRoutes, pageRoutes } from '@northstar/dashboard'
import { openEventLog } from '@northstar/event-log/open'
import { createIngest, INGEST_DEFAULTS } from '@northstar/ingest'
import { openLiveCounters } from '@northstar/live-counters/open'
import { createMetricReader, livePlan, metricKinds } from '@northstar/metrics'
import { createAccess, createLogger, createMetrics, placesOf, resource, type Settings, serveProcess } from '@northstar/runtime'
import { openState } from '@northstar/state/open'
import { createWarehouse, WAREHOUSE_DEFAULTS } from '@northstar/warehouse'
import { ensureCredentials } from './credentials.ts'
import { fillDemo, launchOfDemo } from './demo.ts'
import { migrate } from './migrate.ts'
import { welcome } from './welcome.ts'

/** Every service in this one process, over one set of stores. Gives the exit code. */
export async function up(settings: Settings, options: { readonly demo: boolean }): Promise<number> {
  const logger = createLogger(settings.logLevel, 'northstar')
  const metrics = createMetrics()
  const now = Date.now
  const credentials = ensureCredentials(settings)

  const loaded = loadCatalogue(settings.productFolder, { kinds: metricKinds, env: settings.environment })
  for (const warning of loaded.warnings) logger.debug(warning, 'product file')
  const places = placesOf(settings, loaded.catalogue.product.name)
  const state = openState(places.state, now)
  const launch = await launchOfDemo(state, loaded.catalogue.product, options.demo, now())
  const catalogue = { ...loaded.catalogue, product: { ...loaded.catalogue.product, launch } }
  const { plan, product } = catalogue

  const warehouse = await openWarehouse(places.warehouse)
  await migrate(places, warehouse, plan, logger)
  const log = await openEventLog(places.log, { logger, clientId: 'northstar' })
  const counters = openLiveCounters({ ...places.counters, partitions: log.partitions }, now)
  const reader = createMetricReader({ catalogue, counters, query: (sql, params) => warehouse.query(sql, { params }), now })
  const { access, requireAdmin } = createAccess({ adminToken: credentials.adminToken, read: key => state.get(key) })

  const ingest = createIngest({ ...INGEST_DEFAULTS, writeKey: credentials.writeKey }, { plan, log, state, now, logger, metrics })
  const counting = createCounters(COUNTERS_DEFAULTS, { log, counters, plan, aggregates: livePlan(catalogue), metrics, logger, now })
  const storing = createWarehouse(WAREHOUSE_DEFAULTS, { log, warehouse, plan, product: product.name, metrics, logger, now })
  const alerts = createAlerts(alertsConfig(settings), {
    catalogue,
    read: reader.read,
    onAdvance: counters.onAdvance,
    state,
    warehouse,
    authorize: requireAdmin,
    now,
    logger,
  })

  return serveProcess({
    settings,
    logger,
    metrics,
    components: [
      resource('state', state),
      resource('warehouse engine', warehouse),
      resource('event log', log),
      resource('live counters', counters),
      counting,
      storing,
      alerts,
      ingest,
    ],
    routes: [
      ingest.routes,
      dashboardRoutes({ catalogue, reader, authorize: access, now }),
      liveRoutes({ catalogue, reader, onAdvance: counters.onAdvance, authorize: access, now, logger }),
      pageRoutes({ catalogue, authorize: access, writeKey: credentials.writeKey }),
      operationsRoutes({ log, counters, warehouse, plan, timezone: product.timezone, authorize: requireAdmin, now }),
      alerts.routes,
    ],
    async onReady(url) {
      if (options.demo) await fillDemo({ settings, catalogue, state, url, writeKey: credentials.writeKey })
      welcome({ url, metricsUrl: `http://${settings.host}:${settings.metricsPort}/metrics`, credentials, catalogue, demo: options.demo })
    },
  })
}

function alertsConfig(settings: Settings): AlertsConfig {
  return {
    ...ALERTS_DEFAULTS,
    holder: 'up',
    externalUrl: `http://${settings.host}:${settings.port}`,
    allowPrivateTargets: settings.allowPrivateTargets,
  }
}
