import type { AnalystAccount, Warehouse } from '@northstar/clickhouse'
import { SecretChanged, secretFingerprint } from '@northstar/events'
import { durableEvents, type MetricCatalogue, metricRollups, metricViews, releaseViews } from '@northstar/metrics'
import type { Logger, StoreLocations } from '@northstar/runtime'
import { migrateEventLog } from './stores.ts'

/** Makes the log's topic and brings the warehouse's tables to what code and plan need. Idempotent. @returns the account for people's SQL, where there is one of its own */
export async function migrate(
  locations: StoreLocations,
  warehouse: Warehouse,
  catalogue: MetricCatalogue,
  deps: { readonly secret: Uint8Array | undefined; readonly logger: Logger },
): Promise<AnalystAccount | null> {
  const { secret, logger } = deps
  const topic = await migrateEventLog(locations.log, 'northstar-migrate')
  if (topic?.created) logger.info('made the topic of the event log')
  for (const difference of topic?.differences ?? []) logger.warn(difference)
  const fingerprint = secret && secretFingerprint(secret)
  const definitions = {
    views: [...metricViews(catalogue, Date.now()), ...releaseViews(catalogue)],
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
