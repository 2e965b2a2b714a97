import { fileURLToPath } from 'node:url'
import { ruleTitle } from '@northstar/alerting'
import { type Alerts, createAlerts, createAlertsRoutes, readFiring } from '@northstar/alerts'
import { createApiRoutes, createAudit, createGroupWatch, forgetRoutes } from '@northstar/api'
import { readCollectorStatus } from '@northstar/collectors'
import { createCounters } from '@northstar/counters'
import { LOG_RETENTION_MS } from '@northstar/event-log'
import { createIngest, type Ingest } from '@northstar/ingest'
import { createMetricReader, liveCodesOf, livePlan } from '@northstar/metrics'
import { createDistribution, createIncidentWatch, createLogIncidents, createSecretCheck } from '@northstar/pipeline'
import { createReportRoutes } from '@northstar/reports'
import {
  type AccessControl,
  type Component,
  createAccess,
  createClockCheck,
  createScheduler,
  type FastifyPluginAsync,
  readJobStates,
} from '@northstar/runtime'
import { createWarehouse } from '@northstar/warehouse'
import { copyInstallation } from './backup/copy.ts'
import { createBackupJobs } from './backup/jobs.ts'
import { backupRoutes } from './backup/routes.ts'
import type { Configs, Context } from './context.ts'
import { reloadRoute } from './plan-reload.ts'
import type { Role } from './roles.ts'
import { scheduledJobs, schedules, unknownReader } from './scheduled.ts'

/** The built page. The path is the same from `src` and from `dist`. */
const PAGE_FOLDER = fileURLToPath(new URL('../../web/dist', import.meta.url))

/** The components, routes and configurations of some roles. */
interface Parts {
  readonly components: readonly Component[]
  readonly routes: readonly FastifyPluginAsync[]
  readonly access?: AccessControl
  readonly configs: Partial<Configs>
}

/** Samples of collectors are ingested like events, so the role `reports` has an ingest without routes. */
export const hasIngest = (roles: readonly Role[]) => roles.includes('ingest') || roles.includes('reports')

/** Consumers start before ingest, and HTTP starts last, so that every request finds started components. */
export function createParts(roles: readonly Role[], context: Context): Parts {
  const alerts = roles.includes('alerts') ? createAlertsEngine(context) : undefined
  const ingest = hasIngest(roles) ? openIngest(context) : undefined
  const parts: Readonly<Record<Role, () => Parts>> = {
    counters: () => countersParts(context),
    warehouse: () => warehouseParts(context),
    alerts: () => ({ components: alerts ? [alerts] : [], routes: [], configs: { alerts: context.configs.alerts } }),
    ingest: () => ({
      components: ingest ? [ingest] : [],
      routes: ingest ? [ingest.routes] : [],
      configs: { ingest: context.configs.ingest },
    }),
    reports: () => reportsParts(context, ingest, !roles.includes('ingest')),
    api: () => apiParts(context, alerts),
  }
  const selected = (Object.keys(parts) as Role[]).filter(role => roles.includes(role)).map(role => parts[role]())
  const hasConsumer = roles.includes('counters') || roles.includes('warehouse')
  const watch = hasConsumer ? [createIncidentWatch(createLogIncidents(context.stores.get('state'), context.now), context)] : []
  // The API comes first, since its audit covers the routes that are registered after it.
  return {
    components: [...selected.flatMap(part => part.components), ...watch],
    routes: selected.toReversed().flatMap(part => part.routes),
    access: selected.find(part => part.access)?.access,
    configs: Object.assign({}, ...selected.map(part => part.configs)),
  }
}

/** Every role derives keys from the secret: of pseudonyms, erasures, seals or the marks of records. */
export function secretCheck(roles: readonly Role[], { secret, stores }: Context): Component {
  return createSecretCheck({ secret: secret(), log: stores.get('log'), state: stores.get('state'), publishes: hasIngest(roles) })
}

function openIngest({ configs, ingestPlan, stores, now, logger, metrics }: Context): Ingest {
  const ports = { log: stores.get('log'), state: stores.get('state') }
  const distribution = createDistribution({ ...ports, now, logger })
  return createIngest(configs.ingest, { plan: ingestPlan, ...ports, distribution, now, logger, metrics })
}

function countersParts({ configs, catalogue, stores, now, logger, metrics }: Context): Parts {
  const incidents = createLogIncidents(stores.get('state'), now)
  const ports = { log: stores.get('log'), counters: stores.get('counters'), incidents }
  const deps = { ...ports, plan: catalogue.plan, aggregates: livePlan(catalogue), metrics, logger, now }
  return { components: [createCounters(configs.counters, deps)], routes: [], configs: { counters: configs.counters } }
}

function warehouseParts({ configs, catalogue, stores, now, logger, metrics }: Context): Parts {
  const incidents = createLogIncidents(stores.get('state'), now)
  const deps = { log: stores.get('log'), warehouse: stores.get('warehouse'), incidents, plan: catalogue.plan, metrics, logger, now }
  return { components: [createWarehouse(configs.warehouse, deps)], routes: [], configs: { warehouse: configs.warehouse } }
}

function createAlertsEngine(context: Context): Alerts {
  const { configs, catalogue, stores, now, logger, metrics } = context
  return createAlerts(configs.alerts, {
    catalogue,
    read: openReader(context, { urgent: true }).read,
    onAdvance: stores.get('counters').onAdvance,
    liveCodes: metric => liveCodesOf(metric, catalogue),
    state: stores.get('state'),
    warehouse: stores.get('warehouse'),
    now,
    isSteady: createClockCheck(now).isSteady,
    logger,
    metrics,
  })
}

function apiParts(context: Context, alerts: Alerts | undefined): Parts {
  const { settings, configs, catalogue, credentials, stores, now, logger, metrics } = context
  const [state, warehouse, log, counters] = [stores.get('state'), stores.get('warehouse'), stores.get('log'), stores.get('counters')]
  const audit = createAudit({ state, now, logger })
  const control = createAccess({
    adminToken: credentials.adminToken,
    documents: state,
    ...configs.auth,
    // Attackers try thousands of tokens, so only attempts 1, 10, 100, … of an address are recorded.
    onUnknownToken: (request, count) => {
      if (Number.isInteger(Math.log10(count)))
        void audit.record({
          who: 'unknown token',
          role: null,
          via: 'token',
          what: 'bearer',
          to: { attempts: count },
          status: 401,
          from: request.ip,
        })
    },
  })
  const copy = (folder: string) => copyInstallation(folder, { stores, settings, product: catalogue.product.name, now })
  const backups = createBackupJobs({ copy, logger })
  const common = { catalogue, state, warehouse, now, logger }
  const routes = [
    ...createApiRoutes({
      ...common,
      reader: context.reader(),
      ruleTitles: Object.fromEntries(catalogue.rules.map(rule => [rule.name, ruleTitle(rule)])),
      unknown: unknownReader(context),
      control,
      incidents: createLogIncidents(state, now),
      log,
      counters,
      auth: configs.auth,
      audit,
      writeKey: credentials.writeKey,
      publication: context.publication(),
      secret: context.secret(),
      reloadPlan: reloadRoute(context.currentPlan),
      firing: () => readFiring(state, catalogue),
      pageFolder: PAGE_FOLDER,
    }),
    backupRoutes(backups),
    ...(context.forgetting ? [forgetRoutes({ ...common, ...context.forgetting, log, counters, logRetentionMs: LOG_RETENTION_MS })] : []),
    createAlertsRoutes(configs.alerts, { ...common, reader: context.reader(), onChanged: alerts?.refresh }),
    createReportRoutes({
      definitions: catalogue.reports,
      calendar: context.reader().calendar,
      state,
      reports: context.reports(),
      jobs: () => readJobStates(state, schedules(context), now()),
      collectorsOff: catalogue.collectors.off,
      channelsOff: catalogue.notifying?.off ?? {},
      collectors: () => readCollectorStatus(state, catalogue.collectors, catalogue.product.timezone, now()),
      now,
    }),
  ]
  const components = [createGroupWatch({ log, counters, metrics, logger })]
  return { components, routes, access: control, configs: { auth: configs.auth, alerts: configs.alerts } }
}

/** The scheduler with its jobs. Collectors send samples to `ingest`, which is started here if no other role starts it. */
function reportsParts(context: Context, ingest: Ingest | undefined, startsIngest: boolean): Parts {
  const { configs, stores, now, logger } = context
  const { holder } = configs.alerts
  const scheduler = createScheduler({ store: stores.get('state'), jobs: scheduledJobs(context, ingest), holder, now, logger })
  return { components: [...(ingest && startsIngest ? [ingest] : []), scheduler], routes: [], configs: { alerts: configs.alerts } }
}

export function openReader({ catalogue, stores, now }: Context, { urgent = false } = {}) {
  const warehouse = stores.get('warehouse')
  return createMetricReader({
    catalogue,
    counters: stores.get('counters'),
    query: (sql, params) => warehouse.query(sql, { params, urgent }),
    now,
  })
}
