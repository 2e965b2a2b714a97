import { loadCatalogue } from '@northstar/catalogue'
import { openEventLog } from '@northstar/event-log/open'
import { openLiveCounters } from '@northstar/live-counters/open'
import { livePlan, metricKinds } from '@northstar/metrics'
import { createLogger, createMetrics, placesOf, resource, serveProcess } from '@northstar/runtime'
import { readConfig } from './config.ts'
import { createCounters } from './counters.ts'

/** The counters service as a process of its own. Gives the exit code. */
export async function main(): Promise<number> {
  const config = readConfig()
  const logger = createLogger(config.logLevel, 'counters')
  const metrics = createMetrics()
  const { catalogue } = loadCatalogue(config.productFolder, { kinds: metricKinds })
  const places = placesOf(config, catalogue.product.name)
  const log = await openEventLog(places.log, { logger, clientId: 'northstar-counters' })
  const counters = openLiveCounters({ ...places.counters, partitions: log.partitions }, Date.now)
  const service = createCounters(config, {
    log,
    counters,
    plan: catalogue.plan,
    aggregates: livePlan(catalogue),
    metrics,
    logger,
    now: Date.now,
  })
  return serveProcess({
    settings: config,
    logger,
    metrics,
    components: [resource('event log', log), resource('live counters', counters), service],
  })
}
