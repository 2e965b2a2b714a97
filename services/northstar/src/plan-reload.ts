import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CatalogueInvalid,
  createLivePlan,
  type IncompatibleChange,
  incompatibleChanges,
  type LivePlan,
  parseTrackingPlan,
  type TrackingPlan,
} from '@northstar/catalogue'
import { PlanRefused } from '@northstar/clickhouse'
import type { ReloadAnswer } from '@northstar/http-api'
import { type Component, HttpProblem, type Logger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { Role } from './roles.ts'

const DOCUMENT = 'plan/current'
/** Processes look for another plan so often, and ingest uses it so much later than it noticed it: consumers must know it by then. */
const WATCH_MS = 5_000
const INGEST_DELAY_MS = 20_000

/** The plan that all processes use once it was reloaded: the text of its file. */
interface PlanDocument {
  readonly text: string
  /** Epoch ms. */
  readonly at: number
}

export type ReloadOutcome =
  | { readonly outcome: 'reloaded'; readonly events: number; readonly properties: number; readonly added: readonly string[] }
  | { readonly outcome: 'incompatible'; readonly changes: readonly IncompatibleChange[] }

/** The plan of a process: that of its product folder, or the one that was reloaded since. */
export interface CurrentPlan extends Component {
  /** Looks whether another process reloaded the plan. */
  refresh(): Promise<void>
  /**
   * Reads the folder's plan again and makes all processes use it. Another file of the folder takes a restart.
   * @throws CatalogueInvalid for a file with mistakes
   */
  reload(): Promise<ReloadOutcome>
}

/**
 * The plan to start with: a stored one where everything is valid by it that is by the folder's, else the folder's. A process that restarts with
 * an old folder must not take back what was reloaded, and a new folder goes before what was reloaded earlier.
 */
async function planToStartWith(folderPlan: TrackingPlan, state: Pick<StateStore, 'get'>): Promise<TrackingPlan> {
  const found = await state.get<PlanDocument>(DOCUMENT)
  if (!found) return folderPlan
  try {
    const stored = parseTrackingPlan(found.value.text)
    return incompatibleChanges(folderPlan, stored).length === 0 ? stored : folderPlan
  } catch (error) {
    // Another version of Northstar may have stored what this one does not read.
    if (error instanceof CatalogueInvalid) return folderPlan
    throw error
  }
}

interface Plans {
  /** Of everything but ingest. */
  readonly read: LivePlan
  /** Changes last: consumers must know the columns of what ingest writes. */
  readonly ingest: LivePlan
}

/** The plans that a process starts with. */
export async function openPlans(folderPlan: TrackingPlan, state: Pick<StateStore, 'get'> | undefined): Promise<Plans> {
  const first = state ? await planToStartWith(folderPlan, state) : folderPlan
  return { read: createLivePlan(first), ingest: createLivePlan(first) }
}

export interface CurrentPlanDeps {
  readonly state: Pick<StateStore, 'get' | 'put'>
  readonly folder: string
  readonly plans: Plans
  /** Whether this process is the whole installation: then nobody else has to notice. */
  readonly isWhole: boolean
  /** Checks the folder as a whole. @throws CatalogueInvalid */
  readonly load: () => { readonly plan: TrackingPlan }
  /** Adds what the plan needs to the warehouse; absent in a process without one. */
  readonly migrate?: (plan: TrackingPlan) => Promise<unknown>
  readonly now: () => number
  readonly logger: Logger
  readonly ingestDelayMs?: number
}

export function createCurrentPlan(deps: CurrentPlanDeps): CurrentPlan {
  const { state, plans, logger } = deps
  let version: number | undefined
  let timer: NodeJS.Timeout | undefined
  let later: NodeJS.Timeout | undefined

  function use(next: TrackingPlan): void {
    plans.read.replace(next)
    clearTimeout(later)
    const delay = deps.isWhole ? 0 : (deps.ingestDelayMs ?? INGEST_DELAY_MS)
    if (delay === 0) plans.ingest.replace(next)
    else later = setTimeout(() => plans.ingest.replace(next), delay).unref()
    logger.info({ events: next.events.size, properties: next.columns.length }, 'uses the reloaded tracking plan')
  }

  async function refresh(): Promise<void> {
    const found = await state.get<PlanDocument>(DOCUMENT)
    if (!found || found.version === version) return
    const isFirst = version === undefined
    version = found.version
    const next = parseTrackingPlan(found.value.text)
    const changes = incompatibleChanges(plans.read.plan, next)
    if (changes.length === 0) use(next)
    else if (!isFirst) logger.warn({ changes }, 'does not use the reloaded tracking plan: it is incompatible with that of this process')
  }

  return {
    name: 'tracking plan',
    refresh,
    async reload() {
      const { plan: next } = deps.load()
      const changes = incompatibleChanges(plans.read.plan, next)
      if (changes.length > 0) return { outcome: 'incompatible', changes }
      const known = new Set(namesOf(plans.read.plan))
      await deps.migrate?.(next)
      const text = readFileSync(join(deps.folder, 'tracking-plan.yaml'), 'utf8')
      version = await state.put(DOCUMENT, { text, at: deps.now() } satisfies PlanDocument)
      use(next)
      const added = namesOf(next).filter(name => !known.has(name))
      return { outcome: 'reloaded', events: next.events.size, properties: next.columns.length, added }
    },
    async start() {
      timer = setInterval(() => {
        refresh().catch((error: unknown) => logger.warn({ err: error }, 'cannot look for a reloaded tracking plan: will try again'))
      }, WATCH_MS).unref()
    },
    async stop() {
      clearInterval(timer)
      clearTimeout(later)
    },
  }
}

/** SIGHUP: the process that answers the API reloads the plan; any other looks whether that was done. */
export function reloadOnHangup(current: CurrentPlan, roles: readonly Role[], logger: Logger): void {
  const work = roles.includes('api') ? current.reload() : current.refresh()
  work.then(
    result => {
      if (result?.outcome === 'incompatible')
        logger.error({ changes: result.changes }, 'the tracking plan is not reloaded: it is incompatible')
    },
    (error: unknown) => logger.error({ err: error }, 'the tracking plan is not reloaded'),
  )
}

/** The reload as the API answers it. */
export const reloadRoute = (current: CurrentPlan | undefined) => async (): Promise<ReloadAnswer> => {
  if (!current) throw new HttpProblem({ status: 503, detail: 'This process has no state store.' })
  let result: ReloadOutcome
  try {
    result = await current.reload()
  } catch (error) {
    if (!(error instanceof CatalogueInvalid || error instanceof PlanRefused)) throw error
    throw new HttpProblem({ status: 409, code: error.code, detail: `${error.message}. Nothing has changed.` }, {}, { cause: error })
  }
  if (result.outcome === 'incompatible') {
    const detail = `Nothing has changed: ${result.changes.map(({ subject, message }) => `${subject}: ${message}`).join('; ')}. Such a change takes a restart.`
    throw new HttpProblem({ status: 409, code: 'incompatible_plan', detail })
  }
  const { events, properties, added } = result
  return { events, properties, added }
}

/** `event` and `event.property` of everything that a plan declares. */
const namesOf = ({ events }: TrackingPlan): string[] =>
  [...events.values()].flatMap(({ name, properties }) => [name, ...[...properties.keys()].map(property => `${name}.${property}`)])
