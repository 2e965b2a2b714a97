import { loadCatalogue } from '@northstar/catalogue'
import { openEventLog } from '@northstar/event-log/open'
import { createLogger, createMetrics, placesOf, resource, serveProcess } from '@northstar/runtime'
import { openState } from '@northstar/state/open'
import { readConfig } from './config.ts'
import { createIngest } from './ingest.ts'

/** Ingest as a process of its own. Gives the exit code. */
export async function main(): Promise<number> {
  const config = readConfig()
  const logger = createLogger(config.logLevel, 'ingest')
  const metrics = createMetrics()
  const { catalogue } = loadCatalogue(config.productFolder)
  const places = placesOf(config, catalogue.product.name)
  const state = openState(places.state, Date.now)
  const log = await openEventLog(places.log, { logger, clientId: 'northstar-ingest' })
  const ingest = createIngest(config, { plan: catalogue.plan, log, state, now: Date.now, logger, metrics })
  const components = [resource('state', state), resource('event log', log), ingest]
  return serveProcess({ settings: config, logger, metrics, components, routes: [ingest.routes] })
}
