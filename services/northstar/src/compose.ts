import { hostname } from 'node:os'
import { ALERTS_DEFAULTS } from '@northstar/alerts'
import { firstLink, lagOf, PUBLICATION, type Publication } from '@northstar/api'
import { DAY_MS, type TrackingPlan } from '@northstar/catalogue'
import { COUNTERS_DEFAULTS } from '@northstar/counters'
import { INGEST_DEFAULTS } from '@northstar/ingest'
import type { createMetricReader } from '@northstar/metrics'
import type { ReportSender } from '@northstar/reports'
import {
  type Component,
  createLogger,
  createMetrics,
  localAddress,
  lockDataFolder,
  type ProcessOptions,
  requestRun,
  type Settings,
  storeLocations,
} from '@northstar/runtime'
import { WAREHOUSE_DEFAULTS } from '@northstar/warehouse'
import type { Configs, Context } from './context.ts'
import { type Credentials, ensureCredentials } from './credentials.ts'
import { fillDemo, launchOfDemo } from './demo.ts'
import { createForgetting } from './forgetting.ts'
import { migrate } from './migrate.ts'
import { createCurrentPlan, openPlans, reloadOnHangup } from './plan-reload.ts'
import { loadProduct } from './product.ts'
import { createParts, hasIngest, openReader, secretCheck } from './role-parts.ts'
import { ALL_ROLES, type Role, storesOf } from './roles.ts'
import { openPublication, openReports } from './scheduled.ts'
import { ensureSecret } from './secret.ts'
import { missingServers, openSealedState, openStores } from './stores.ts'
import { welcome } from './welcome.ts'

export interface ComposeOptions {
  /** Fill an empty installation with demo data. */
  readonly demo?: boolean
}

export interface Composition extends ProcessOptions {
  readonly configs: Partial<Configs>
}

/** Opens the stores and creates the components of the roles, without starting them. */
export async function compose(settings: Settings, roles: readonly Role[], options: ComposeOptions = {}): Promise<Composition> {
  const logger = createLogger(settings.logLevel, roles.length === 1 ? (roles[0] ?? '') : 'northstar')
  const now = Date.now
  const isWhole = ALL_ROLES.every(role => roles.includes(role))
  const names = storesOf(roles)
  const usesDataFolder = missingServers(settings, names).length > 0
  const release = usesDataFolder ? lockDataFolder(settings.dataDir) : () => {}
  const dataFolder: Component = { name: 'data folder', start: async () => {}, stop: async () => release() }
  const credentials: Partial<Credentials> = usesDataFolder ? ensureCredentials(settings) : settings

  const secret = () => ensureSecret(settings, !isWhole && (settings.kafka !== undefined || settings.redisUrl !== undefined))

  const loaded = loadProduct(settings)
  for (const warning of loaded.warnings) logger.debug(warning, 'product file')
  const locations = storeLocations(settings, loaded.catalogue.product.name)
  const state = names.has('state') ? openSealedState(locations, secret(), now, logger) : undefined
  const plans = await openPlans({ folder: settings.productFolder, plan: loaded.catalogue.plan, state })
  const { product } = loaded.catalogue
  const launch = state === undefined ? product.launch : await launchOfDemo(state, product, options.demo ?? false, now())
  const catalogue = { ...loaded.catalogue, plan: plans.read.plan, product: { ...product, launch } }

  const forgetting = state && createForgetting(state, secret())
  const stores = await openStores(names, {
    locations,
    erasures: forgetting?.erasures,
    logger,
    now,
    clientId: `northstar-${roles.join('-')}`,
    state,
    ...(isWhole && { migrate: warehouse => migrate(locations, warehouse, catalogue, { secret: secret(), logger }) }),
  })
  const metrics = createMetrics()
  const prepare = (plan: TrackingPlan) => migrate(locations, stores.get('warehouse'), { ...catalogue, plan }, { secret: secret(), logger })
  const load = () => loadProduct(settings).catalogue
  const plan = { folder: settings.productFolder, load, plans, isWhole, now, logger, ...(names.has('warehouse') && { migrate: prepare }) }
  const currentPlan = state && createCurrentPlan({ ...plan, state })
  const configs = configure(settings, credentials, hasIngest(roles) ? secret() : undefined)
  let reader: ReturnType<typeof createMetricReader> | undefined
  let reports: ReportSender | undefined
  let publication: Publication | undefined
  // A published week never changes, so nothing is published until the demo data is complete.
  let filled = !options.demo
  const context: Context = {
    settings,
    configs,
    catalogue,
    ingestPlan: plans.ingest.plan,
    currentPlan,
    credentials,
    stores,
    secret,
    forgetting,
    metrics,
    logger,
    now,
    reader: () => (reader ??= openReader(context)),
    reports: () => (reports ??= openReports(context)),
    publication: () => (publication ??= openPublication(context)),
    filled: () => filled,
  }
  const parts = createParts(roles, context)
  return {
    settings,
    logger,
    metrics,
    ...parts,
    components: [dataFolder, ...stores.components, ...(currentPlan ? [currentPlan] : []), secretCheck(roles, context), ...parts.components],
    onHangup: currentPlan && (() => reloadOnHangup(currentPlan, roles, logger)),
    ...(isWhole && {
      async onReady(url: string) {
        if (options.demo) await fillFirstData(url, context)
        filled = true
        if (options.demo) await requestRun(stores.get('state'), { name: PUBLICATION }, now())
        await printWelcome(url, context, options.demo ?? false)
      },
    }),
  }
}

function configure(settings: Settings, credentials: Partial<Credentials>, secret: Uint8Array = new Uint8Array(0)): Configs {
  const { retentionDays, eventsPerSecond, publicUrl, localUrl, allowPrivateTargets, oidc, port } = settings
  return {
    ingest: { ...INGEST_DEFAULTS, writeKey: credentials.writeKey, secret, maxAgeMs: retentionDays * DAY_MS, eventsPerSecond },
    counters: COUNTERS_DEFAULTS,
    warehouse: WAREHOUSE_DEFAULTS,
    alerts: { ...ALERTS_DEFAULTS, holder: `${hostname()}:${port}`, publicUrl: publicUrl ?? localUrl, allowPrivateTargets },
    auth: { publicUrl, oidc },
  }
}

<<<<<<< HEAD
=======
interface Parts {
  readonly components: readonly Component[]
  readonly routes: readonly FastifyPluginAsync[]
  readonly access?: AccessControl
  readonly configs: Partial<Configs>
}

/** Consumers start before ingest, and HTTP starts last, so that every request finds started components. */
function createParts(roles: readonly Role[], context: Context): Parts {
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
function secretCheck(roles: readonly Role[], { secret, stores }: Context): Component {
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
  const { settings, configs, catalogue, credentials, stores, now, logger } = context
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
  const components = [createGroupWatch({ log, counters, logger })]
  return { components, routes, access: control, configs: { auth: configs.auth, alerts: configs.alerts } }
}

/** The scheduler with its jobs. Collectors send samples to `ingest`, which is started here if no other role starts it. */
function reportsParts(context: Context, ingest: Ingest | undefined, startsIngest: boolean): Parts {
  const { configs, stores, now, logger } = context
  const { holder } = configs.alerts
  const scheduler = createScheduler({ store: stores.get('state'), jobs: scheduledJobs(context, ingest), holder, now, logger })
  return { components: [...(ingest && startsIngest ? [ingest] : []), scheduler], routes: [], configs: { alerts: configs.alerts } }
}

function openReader({ catalogue, stores, now }: Context, { urgent = false } = {}) {
  const warehouse = stores.get('warehouse')
  return createMetricReader({
    catalogue,
    counters: stores.get('counters'),
    query: (sql, params) => warehouse.query(sql, { params, urgent }),
    now,
  })
}

>>>>>>> de9423e (The page says why a part fails, draws every row of a result, and takes no uncollected figure for 0)
async function fillFirstData(url: string, { settings, catalogue, credentials, stores }: Context): Promise<void> {
  const behind = async () => Math.max(...Object.values(await lagOf(stores.get('log'), stores.get('counters'))).map(group => group.behind))
  const { writeKey } = credentials
  if (writeKey) await fillDemo({ settings, catalogue, state: stores.get('state'), url, writeKey, behind })
}

async function printWelcome(url: string, { settings, catalogue, credentials, stores, now }: Context, demo: boolean): Promise<void> {
  const { adminToken, writeKey } = credentials
  if (!adminToken || !writeKey) return
  const link = await firstLink(stores.get('state'), adminToken, now)
  const metricsUrl = `${localAddress(settings.host, settings.metricsPort)}/metrics`
  welcome({ url, link, metricsUrl, credentials: { adminToken, writeKey }, catalogue, demo })
}
