import { ALERTS_DEFAULTS, type AlertsConfig, createAlerts } from '@northstar/alerts'
import { loadCatalogue } from '@northstar/catalogue'
import { openWarehouse } from '@northstar/clickhouse/open'
import { COUNTERS_DEFAULTS, createCounters } from '@northstar/counters'
import { dashboardServer, firstLink, lagOf, peopleConfig } from '@northstar/dashboard'
import { openEventLog } from '@northstar/event-log/open'
import { createIngest, INGEST_DEFAULTS } from '@northstar/ingest'
import { openLiveCounters } from '@northstar/live-counters/open'
import { createMetricReader, livePlan, metricKinds } from '@northstar/metrics'
import {
  createAccess,
  createLogger,
  createMetrics,
  type ProcessOptions,
  placesOf,
  resource,
  type Settings,
  serveProcess,
} from '@northstar/runtime'
import { openState } from '@northstar/state/open'
import { createWarehouse, WAREHOUSE_DEFAULTS } from '@northstar/warehouse'
import { ensureCredentials } from './credentials.ts'
import { fillDemo, launchOfDemo } from './demo.ts'
import { migrate } from './migrate.ts'
import { alertsApi, eventsApi } from './openapi.ts'
import { welcome } from './welcome.ts'

/** Every service in this one process, over one set of stores. Gives the exit code. */
export async function up(settings: Settings, options: { readonly demo: boolean }): Promise<number> {
  return serveProcess(await assemble(settings, options))
}

/** The process's parts, opened and not yet started. */
export async function assemble(settings: Settings, options: { readonly demo: boolean }): Promise<ProcessOptions> {
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
  await migrate(places, warehouse, catalogue, logger)
  const log = await openEventLog(places.log, { logger, clientId: 'northstar' })
  const counters = openLiveCounters({ ...places.counters, partitions: log.partitions }, now)
  const reader = createMetricReader({ catalogue, counters, query: (sql, params) => warehouse.query(sql, { params }), now })
  const people = peopleConfig(settings.environment)
  const control = createAccess({ adminToken: credentials.adminToken, read: key => state.get(key), publicUrl: people.publicUrl })

  const ingest = createIngest({ ...INGEST_DEFAULTS, writeKey: credentials.writeKey }, { plan, log, state, now, logger, metrics })
  const counting = createCounters(COUNTERS_DEFAULTS, { log, counters, plan, aggregates: livePlan(catalogue), metrics, logger, now })
  const storing = createWarehouse(WAREHOUSE_DEFAULTS, { log, warehouse, plan, product: product.name, metrics, logger, now })
  const alerts = createAlerts(alertsConfig(settings), {
    catalogue,
    read: reader.read,
    onAdvance: counters.onAdvance,
    state,
    warehouse,
    authorize: control.requireByMethod,
    now,
    logger,
    metrics,
  })

  const behind = async () => Math.max(...Object.values(await lagOf(log, counters)).map(group => group.behind))
  // What is published of a week stays, so a demo's weeks must be whole.
  let filled = !options.demo

  return {
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
      ...dashboardServer({
        catalogue,
        reader,
        control,
        state,
        log,
        counters,
        warehouse,
        people,
        writeKey: credentials.writeKey,
        now,
        logger,
        filled: () => filled,
        apis: [eventsApi(), alertsApi()],
      }),
      ingest.routes,
      alerts.routes,
    ],
    async onReady(url) {
      if (options.demo) await fillDemo({ settings, catalogue, state, url, writeKey: credentials.writeKey, behind })
      filled = true
      const link = await firstLink(state, credentials.adminToken, now)
      welcome({
        url,
        link,
        metricsUrl: `http://${settings.host}:${settings.metricsPort}/metrics`,
        credentials,
        catalogue,
        demo: options.demo,
      })
    },
  }
}

function alertsConfig(settings: Settings): AlertsConfig {
  return {
    ...ALERTS_DEFAULTS,
    holder: 'up',
    externalUrl: `http://${settings.host}:${settings.port}`,
    allowPrivateTargets: settings.allowPrivateTargets,
  }
}
