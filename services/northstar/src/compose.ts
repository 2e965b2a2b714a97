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
