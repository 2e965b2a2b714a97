import type { AnalystAccount, Warehouse } from '@northstar/clickhouse'
import { type Collectors, collectedFrom } from '@northstar/collectors'
import { SecretChanged, secretFingerprint } from '@northstar/events'
import { durableEvents, type MetricCatalogue, metricRollups, metricViews, releaseViews } from '@northstar/metrics'
import type { Logger, StoreLocations } from '@northstar/runtime'
import { migrateEventLog } from './stores.ts'

/**
 * Creates the log's topic and migrates the warehouse to the current code and plan. Idempotent.
 * @returns the separate account for SQL statements of users, if there is one
 */
export async function migrate(
  locations: StoreLocations,
  warehouse: Warehouse,
  catalogue: MetricCatalogue & { readonly collectors: Collectors },
  deps: { readonly secret: Uint8Array | undefined; readonly logger: Logger },
): Promise<AnalystAccount | null> {
  const { secret, logger } = deps
  const topic = await migrateEventLog(locations.log, 'northstar-migrate')
  if (topic?.created) logger.info('created the topic of the event log')
  for (const difference of topic?.differences ?? []) logger.warn(difference)
  const fingerprint = secret && secretFingerprint(secret)
  const now = Date.now()
  const definitions = {
    views: [
      ...metricViews(catalogue, now, collectedFrom(catalogue.collectors, catalogue.product.timezone, now)),
      ...releaseViews(catalogue),
    ],
    rollups: metricRollups(catalogue),
    durableEvents: durableEvents(catalogue),
    secretFingerprint: fingerprint,
  }
  const { applied, secretFingerprint: recorded, analyst } = await warehouse.migrate(catalogue.plan, definitions)
  if (fingerprint !== undefined && recorded !== undefined && recorded !== fingerprint) throw new SecretChanged(recorded, fingerprint)
  if (applied.length > 0) logger.info(`migrated the warehouse: ${applied.length} steps`)
  logger.debug({ applied }, 'steps')
  return analyst ?? null
}
