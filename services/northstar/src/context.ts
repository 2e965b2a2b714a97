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

/** What every component is configured with: a function of the settings alone, so that each role has the same in every process. */
export interface Configs {
  readonly ingest: IngestConfig
  readonly counters: CountersConfig
  readonly warehouse: WarehouseConfig
  readonly alerts: AlertsConfig
  readonly auth: AuthConfig
}

/** Everything that the components of a process share. */
export interface Context {
  readonly settings: Settings
  readonly configs: Configs
  readonly catalogue: ProductCatalogue
  /** That of ingest changes last when the plan is reloaded: consumers must know the columns of what it writes. */
  readonly ingestPlan: TrackingPlan
  /** Absent without a state store. */
  readonly currentPlan?: CurrentPlan
  readonly credentials: Partial<Credentials>
  readonly stores: OpenedStores
  /** The installation's, read or made when a role first needs it. */
  readonly secret: () => Uint8Array
  /** Absent without a state store. */
  readonly forgetting?: Forgetting
  readonly metrics: Metrics
  readonly logger: Logger
  readonly now: () => number
  /** The one reader of metrics, made when a role first needs it. */
  readonly reader: () => ReturnType<typeof createMetricReader>
  /** The one sender of reports, likewise. */
  readonly reports: () => ReportSender
  /** The one publication of the public metrics, likewise. */
  readonly publication: () => Publication
  /** Whether the first data are in, such as a demo's. */
  readonly filled: () => boolean
}
