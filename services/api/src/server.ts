import type { AccessControl, FastifyPluginAsync, Logger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { type AuthConfig, authRoutes } from './auth/auth-routes.ts'
import type { DashboardCatalogue } from './dashboard-file.ts'
import { ingestionRoutes } from './ingestion.ts'
import { isStoredUpTo } from './lag.ts'
import { liveRoutes } from './live.ts'
import { operationsRoutes } from './operations.ts'
import { pageRoutes } from './pages.ts'
import { PUBLIC_DEFAULTS, publicRoutes } from './public.ts'
import { type DashboardDeps, dashboardRoutes } from './queries.ts'
import { type SqlDeps, sqlRoutes } from './sql.ts'
import type { VerifyDeps } from './verify.ts'

export interface DashboardServerDeps extends Omit<DashboardDeps, 'authorize'>, VerifyDeps {
  readonly catalogue: DashboardCatalogue
  readonly warehouse: VerifyDeps['warehouse'] & SqlDeps['warehouse']
  readonly control: AccessControl
  readonly state: StateStore
  readonly people: AuthConfig
  /** A write key for whoever has full access, to send a first event with. */
  readonly writeKey?: string
  readonly logger: Logger
  /** The folder of the built page. */
  readonly pageFolder: string
  /** Whether the product's first data are in, such as a demo's. Until then nothing is published. Default: they are. */
  readonly filled?: () => boolean
}

/** What arrived so lately may still be on its way to the warehouse. */
const ON_ITS_WAY_MS = 10 * 60_000

/** Everything that the dashboard answers. It comes before other services' routes, whose changes its audit watches. */
export function dashboardServer(deps: DashboardServerDeps): readonly FastifyPluginAsync[] {
  const { catalogue, control, state, now, logger } = deps
  const { access: authorize } = control
  return [
    authRoutes(deps.people, { state, control, now, logger }),
    dashboardRoutes({ ...deps, authorize }),
    liveRoutes({ ...deps, authorize, onAdvance: deps.counters.onAdvance }),
    pageRoutes({ catalogue, authorize, writeKey: deps.writeKey, pageFolder: deps.pageFolder }),
    operationsRoutes({
      ...deps,
      timezone: catalogue.product.timezone,
      authorize: control.requireAdmin,
      authorizeRead: control.requireRead,
    }),
    sqlRoutes({ warehouse: deps.warehouse, authorize: control.requireAdmin }),
    ingestionRoutes({ ...deps, authorizeAdmin: control.requireAdmin, authorizeRead: control.requireRead }),
    publicRoutes(
      {
        catalogue,
        query: (sql, params) => deps.warehouse.query(sql, { params }),
        state,
        now,
        logger,
        ready: async () => (deps.filled?.() ?? true) && isStoredUpTo(deps.log, now() - ON_ITS_WAY_MS),
      },
      { ...PUBLIC_DEFAULTS, ...catalogue.dashboard.public },
    ),
  ]
}
