import type { TrackingPlan } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { migrateEventLog } from '@northstar/event-log/open'
import type { Logger, placesOf } from '@northstar/runtime'

/** Makes the log's topic and brings the warehouse's tables to what code and plan need. Harmless to repeat. */
export async function migrate(
  places: ReturnType<typeof placesOf>,
  warehouse: Warehouse,
  plan: TrackingPlan,
  logger: Logger,
): Promise<void> {
  const topic = await migrateEventLog(places.log, 'northstar-migrate')
  if (topic?.created) logger.info('made the topic of the event log')
  for (const difference of topic?.differences ?? []) logger.warn(difference)
  const { applied } = await warehouse.migrate(plan)
  if (applied.length > 0) logger.info(`migrated the warehouse: ${applied.length} steps`)
  logger.debug({ applied }, 'steps')
}
