import type { Query } from '@northstar/metrics'
import type { AccessControl, FastifyPluginAsync, Logger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { Audit } from './auth/audit.ts'
import type { AuthConfig } from './auth/auth-parts.ts'
import { authRoutes } from './auth/auth-routes.ts'
import type { DashboardCatalogue } from './dashboard-file.ts'
import { createQuarantine } from './dead-letters/quarantine.ts'
import { deadLetterRoutes } from './dead-letters/routes.ts'
import { ingestionRoutes } from './ingestion.ts'
import { liveRoutes } from './live.ts'
import { logRecordsRoutes } from './log-records.ts'
import { operationsRoutes } from './operations.ts'
import { pageRoutes } from './pages.ts'
import { type PlanDeps, planRoutes } from './plan/routes.ts'
import { publicRoutes } from './public.ts'
import type { Publication } from './publication.ts'
import { type MetricRoutesDeps, metricRoutes } from './queries.ts'
import { type ReleaseRoutesDeps, releaseRoutes } from './releases.ts'
import { type SqlDeps, sqlRoutes } from './sql.ts'
import type { VerifyDeps } from './verify.ts'

export interface ApiDeps extends MetricRoutesDeps, VerifyDeps {
  readonly catalogue: DashboardCatalogue
  readonly warehouse: VerifyDeps['warehouse'] & SqlDeps['warehouse']
  readonly control: AccessControl
  readonly state: StateStore
  readonly auth: AuthConfig
  readonly audit: Audit
  /** A write key that is shown to admins for sending a first event. */
  readonly writeKey?: string
  readonly logger: Logger
  /** The firing alerts. */
  readonly firing: ReleaseRoutesDeps['firing']
  /** The folder of the built page. */
  readonly pageFolder: string
  readonly publication: Publication
  readonly reloadPlan: PlanDeps['reloadPlan']
  /** The installation's secret, the key of users' pseudonyms. */
  readonly secret: Uint8Array
}

/** The routes of the API and the page. They must be registered before other services' routes, since the audit covers those after it. */
export function createApiRoutes(deps: ApiDeps): readonly FastifyPluginAsync[] {
  const { catalogue, now } = deps
  const query: Query = (sql, params) => deps.warehouse.query(sql, { params })
  return [
    authRoutes(deps.auth, deps),
    metricRoutes(deps),
    releaseRoutes({ ...deps, query }),
    liveRoutes({ ...deps, onAdvance: deps.counters.onAdvance }),
    pageRoutes(deps),
    operationsRoutes({ ...deps, timezone: catalogue.product.timezone }),
    logRecordsRoutes({ log: deps.log, timezone: catalogue.product.timezone, plan: catalogue.plan }),
    sqlRoutes(deps),
    ingestionRoutes(deps),
    deadLetterRoutes({ ...deps, plan: catalogue.plan, quarantine: createQuarantine({ ...deps, plan: catalogue.plan }) }),
    planRoutes({ ...deps, plan: catalogue.plan }),
    publicRoutes(deps.publication, now),
  ]
}
