import { loadCatalogue } from '@northstar/catalogue'
import { openWarehouse } from '@northstar/clickhouse/open'
import { openEventLog } from '@northstar/event-log/open'
import { createLogger, createMetrics, placesOf, resource, serveProcess } from '@northstar/runtime'
import { readConfig } from './config.ts'
import { createWarehouse } from './warehouse.ts'

/** The warehouse service as a process of its own. Gives the exit code. */
export async function main(): Promise<number> {
  const config = readConfig()
  const logger = createLogger(config.logLevel, 'warehouse')
  const metrics = createMetrics()
  const { catalogue } = loadCatalogue(config.productFolder)
  const { product, plan } = catalogue
  const places = placesOf(config, product.name)
  const log = await openEventLog(places.log, { logger, clientId: 'northstar-warehouse' })
  const warehouse = await openWarehouse(places.warehouse)
  const service = createWarehouse(config, { log, warehouse, plan, product: product.name, metrics, logger, now: Date.now })
  return serveProcess({
    settings: config,
    logger,
    metrics,
    components: [resource('event log', log), resource('warehouse engine', warehouse), service],
  })
}
