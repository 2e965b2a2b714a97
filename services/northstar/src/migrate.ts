import type { Warehouse } from '@northstar/clickhouse'
import { migrateEventLog } from '@northstar/event-log/open'
import { type MetricCatalogue, metricRollups, metricViews } from '@northstar/metrics'
import type { Logger, StoreLocations } from '@northstar/runtime'

/** Makes the log's topic and brings the warehouse's tables to what code and plan need. Idempotent. */
export async function migrate(locations: StoreLocations, warehouse: Warehouse, catalogue: MetricCatalogue, logger: Logger): Promise<void> {
  const topic = await migrateEventLog(locations.log, 'northstar-migrate')
  if (topic?.created) logger.info('made the topic of the event log')
  for (const difference of topic?.differences ?? []) logger.warn(difference)
  const definitions = { views: metricViews(catalogue, Date.now()), rollups: metricRollups(catalogue) }
  const { applied } = await warehouse.migrate(catalogue.plan, definitions)
  if (applied.length > 0) logger.info(`migrated the warehouse: ${applied.length} steps`)
  logger.debug({ applied }, 'steps')
}
