import { createHash } from 'node:crypto'
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
import { type Component, createRefresher, HttpProblem, type Logger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { Role } from './roles.ts'

const DOCUMENT = 'plan/current'
/** Interval of checks for a reloaded plan, and the delay after which ingest uses it, since consumers must know it first. */
const WATCH_MS = 5_000
const INGEST_DELAY_MS = 20_000

/** The plan that all processes use once it was reloaded. */
interface PlanDocument {
  /** The text of its file. */
  readonly text: string
  /** Digests of the files that reloads replaced by it, the newest last. */
  readonly replaced: readonly string[]
  /** Epoch ms. */
  readonly at: number
}

const MOST_REPLACED = 100

const textIn = (folder: string) => readFileSync(join(folder, 'tracking-plan.yaml'), 'utf8')
const digestOf = (text: string) => createHash('sha256').update(text).digest('base64url')

export type ReloadOutcome =
  | { readonly outcome: 'reloaded'; readonly events: number; readonly properties: number; readonly added: readonly string[] }
  | { readonly outcome: 'incompatible'; readonly changes: readonly IncompatibleChange[] }

/** The plan of a process: from its product folder, or reloaded since. */
export interface CurrentPlan extends Component {
  /** Checks whether another process reloaded the plan. */
  refresh(): Promise<void>
  /**
   * Reloads the folder's plan and makes all processes use it. Changes of other files need a restart.
   * @throws CatalogueInvalid
   */
  reload(): Promise<ReloadOutcome>
}

interface Plans {
  /** The plan of all components except ingest. */
  readonly read: LivePlan
  /** Replaced last: consumers must know the columns that ingest writes. */
  readonly ingest: LivePlan
  /** The version of the stored plan that was looked at. */
  readonly version: number | undefined
  /** The text of the file that is in use. */
  readonly text: string
}

/**
 * The plans that a process starts with. A process that restarts with an old folder must not undo a reload, so the stored plan
 * is used where a reload replaced the folder's very file. Any other file of the folder is newer than the reload, and goes before it.
 */
export async function openPlans({ folder, plan, state }: FolderPlan): Promise<Plans> {
  const text = textIn(folder)
  const found = await state?.get<PlanDocument>(DOCUMENT)
  const stored = found?.value.replaced.includes(digestOf(text)) ? parsed(found.value.text) : undefined
  const first = stored ?? plan
  return {
    read: createLivePlan(first),
    ingest: createLivePlan(first),
    version: found?.version,
    text: stored && found ? found.value.text : text,
  }
}

export interface FolderPlan {
  readonly folder: string
  /** As the folder's file has it. */
  readonly plan: TrackingPlan
  /** Absent in a process without a state store. */
  readonly state: Pick<StateStore, 'get'> | undefined
}

function parsed(text: string): TrackingPlan | undefined {
  try {
    return parseTrackingPlan(text)
  } catch (error) {
    // Another version of Northstar may have stored a document that this one cannot read.
    if (error instanceof CatalogueInvalid) return undefined
    throw error
  }
}

export interface CurrentPlanDeps {
  readonly state: Pick<StateStore, 'get' | 'put'>
  readonly folder: string
  readonly plans: Plans
  /** Whether this process runs all roles, so that no other process must be informed. */
  readonly isWhole: boolean
  /** Validates the whole folder. @throws CatalogueInvalid */
  readonly load: () => { readonly plan: TrackingPlan }
  /** Migrates the warehouse to the plan; absent in a process without one. */
  readonly migrate?: (plan: TrackingPlan) => Promise<unknown>
  readonly now: () => number
  readonly logger: Logger
  readonly ingestDelayMs?: number
}

export function createCurrentPlan(deps: CurrentPlanDeps): CurrentPlan {
  const { state, plans, logger } = deps
  let { version, text } = plans
  let later: NodeJS.Timeout | undefined

  function use(next: TrackingPlan, file: string): void {
    text = file
    plans.read.replace(next)
    clearTimeout(later)
    const delay = deps.isWhole ? 0 : (deps.ingestDelayMs ?? INGEST_DELAY_MS)
    if (delay === 0) plans.ingest.replace(next)
    else later = setTimeout(() => plans.ingest.replace(next), delay).unref()
    logger.info({ events: next.events.size, properties: next.columns.length }, 'using the reloaded tracking plan')
  }

  async function refresh(): Promise<void> {
    const found = await state.get<PlanDocument>(DOCUMENT)
    if (!found || found.version === version) return
    version = found.version
    const next = parseTrackingPlan(found.value.text)
    const changes = incompatibleChanges(plans.read.plan, next)
    if (changes.length === 0) use(next, found.value.text)
    else logger.warn({ changes }, 'does not use the reloaded tracking plan: it is incompatible with that of this process')
  }

  const refresher = createRefresher({ everyMs: WATCH_MS, read: refresh, failure: 'cannot check for a reloaded tracking plan', logger })

  return {
    name: 'tracking plan',
    refresh,
    async reload() {
      const { plan: next } = deps.load()
      const changes = incompatibleChanges(plans.read.plan, next)
      if (changes.length > 0) return { outcome: 'incompatible', changes }
      const known = new Set(namesOf(plans.read.plan))
      await deps.migrate?.(next)
      const found = await state.get<PlanDocument>(DOCUMENT)
      const replaced = [...(found?.value.replaced ?? []), ...(found ? [digestOf(found.value.text)] : []), digestOf(text)]
      const file = textIn(deps.folder)
      const own = digestOf(file)
      const kept = [...new Set(replaced)].filter(digest => digest !== own).slice(-MOST_REPLACED)
      version = await state.put(DOCUMENT, { text: file, replaced: kept, at: deps.now() } satisfies PlanDocument)
      use(next, file)
      const added = namesOf(next).filter(name => !known.has(name))
      return { outcome: 'reloaded', events: next.events.size, properties: next.columns.length, added }
    },
    async start() {
      refresher.start()
    },
    async stop() {
      refresher.stop()
      clearTimeout(later)
    },
  }
}

/** Handles SIGHUP: a process with the role `api` reloads the plan; others check for a reloaded one. */
export function reloadOnHangup(current: CurrentPlan, roles: readonly Role[], logger: Logger): void {
  const work = roles.includes('api') ? current.reload() : current.refresh()
  work.then(
    result => {
      if (result?.outcome === 'incompatible')
        logger.error({ changes: result.changes }, 'the tracking plan was not reloaded: it is incompatible')
    },
    (error: unknown) => logger.error({ err: error }, 'cannot reload the tracking plan'),
  )
}

/** The handler of the API. */
export const reloadRoute = (current: CurrentPlan | undefined) => async (): Promise<ReloadAnswer> => {
  if (!current) throw new HttpProblem({ status: 503, detail: 'This process has no state store.' })
  let result: ReloadOutcome
  try {
    result = await current.reload()
  } catch (error) {
    if (!(error instanceof CatalogueInvalid || error instanceof PlanRefused)) throw error
    throw new HttpProblem({ status: 409, code: error.code, detail: `Nothing has changed: ${error.message}` }, {}, { cause: error })
  }
  if (result.outcome === 'incompatible') {
    const detail = `Nothing has changed: ${result.changes.map(({ subject, message }) => `${subject}: ${message}`).join('; ')}. Such a change needs a restart.`
    throw new HttpProblem({ status: 409, code: 'incompatible_plan', detail })
  }
  const { events, properties, added } = result
  return { events, properties, added }
}

/** `event` and `event.property` of all declarations of a plan. */
const namesOf = ({ events }: TrackingPlan): string[] =>
  [...events.values()].flatMap(({ name, properties }) => [name, ...[...properties.keys()].map(property => `${name}.${property}`)])
