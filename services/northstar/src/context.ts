import type { AlertsConfig } from '@northstar/alerts'
import type { AuthConfig, Publication } from '@northstar/api'
import type { TrackingPlan } from '@northstar/catalogue'
import type { CountersConfig } from '@northstar/counters'
import type { IngestConfig } from '@northstar/ingest'
import type { createMetricReader } from '@northstar/metrics'
import type { ReportSender } from '@northstar/reports'
import type { Logger, Metrics, Settings } from '@northstar/runtime'
import type { WarehouseConfig } from '@northstar/warehouse'
import type { Credentials } from './credentials.ts'
import type { Forgetting } from './forgetting.ts'
import type { CurrentPlan } from './plan-reload.ts'
import type { ProductCatalogue } from './product.ts'
import type { OpenedStores } from './stores.ts'

/** The configuration of every component. It depends only on the settings, so that a role has the same one in every process. */
export interface Configs {
  readonly ingest: IngestConfig
  readonly counters: CountersConfig
  readonly warehouse: WarehouseConfig
  readonly alerts: AlertsConfig
  readonly auth: AuthConfig
}

/** The shared dependencies of the components of a process. */
export interface Context {
  readonly settings: Settings
  readonly configs: Configs
  readonly catalogue: ProductCatalogue
  /** The plan of ingest, which a reload replaces last: consumers must know the columns that ingest writes. */
  readonly ingestPlan: TrackingPlan
  /** Absent without a state store. */
  readonly currentPlan?: CurrentPlan
  readonly credentials: Partial<Credentials>
  readonly stores: OpenedStores
  /** The installation's secret, read or created when first needed. */
  readonly secret: () => Uint8Array
  /** Absent without a state store. */
  readonly forgetting?: Forgetting
  readonly metrics: Metrics
  readonly logger: Logger
  readonly now: () => number
  /** The shared metric reader, created when first needed. */
  readonly reader: () => ReturnType<typeof createMetricReader>
  /** The shared report sender, created when first needed. */
  readonly reports: () => ReportSender
  /** The shared publication of the public metrics, created when first needed. */
  readonly publication: () => Publication
  /** Whether the demo data, if any, is complete. */
  readonly filled: () => boolean
}
