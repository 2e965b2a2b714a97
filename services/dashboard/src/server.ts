import type { AccessControl, FastifyPluginAsync, Logger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { liveRoutes } from './live.ts'
import { operationsRoutes } from './operations.ts'
import { pageRoutes } from './pages.ts'
import { type PeopleConfig, peopleRoutes } from './people/people.ts'
import { type DashboardDeps, dashboardRoutes } from './queries.ts'
import type { VerifyDeps } from './verify.ts'

export interface DashboardServerDeps extends Omit<DashboardDeps, 'authorize'>, Omit<VerifyDeps, 'plan'> {
  readonly control: AccessControl
  readonly state: StateStore
  readonly people: PeopleConfig
  /** A write key for whoever has full access, to send a first event with. */
  readonly writeKey?: string
  readonly logger: Logger
}

/** Everything that the dashboard answers. It comes before other services' routes, whose changes its audit watches. */
export function dashboardServer(deps: DashboardServerDeps): readonly FastifyPluginAsync[] {
  const { catalogue, control, state, now, logger } = deps
  const { access: authorize } = control
  return [
    peopleRoutes(deps.people, { state, control, now, logger }),
    dashboardRoutes({ ...deps, authorize }),
    liveRoutes({ ...deps, authorize, onAdvance: deps.counters.onAdvance }),
    pageRoutes({ catalogue, authorize, writeKey: deps.writeKey }),
    operationsRoutes({ ...deps, plan: catalogue.plan, timezone: catalogue.product.timezone, authorize: control.requireAdmin }),
  ]
}
