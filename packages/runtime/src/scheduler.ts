import type { Component, Health } from './lifecycle.ts'
import type { Logger } from './logging.ts'

/** The part of a store of documents that the scheduler needs. */
export interface ScheduleStore {
  get<T>(key: string): Promise<{ readonly value: T } | null>
  put(key: string, value: unknown, options?: { readonly lease?: { readonly name: string; readonly token: number } }): Promise<number>
  acquire(name: string, holder: string, ttlMs: number): Promise<ScheduleLease | null>
}

interface ScheduleLease {
  readonly token: number
  renew(): Promise<boolean>
  release(): Promise<void>
}

/** One due time of a job. */
export interface DueRun {
  /** Epoch ms. The key of the run: whatever it does must be idempotent by it. */
  readonly dueAt: number
  /** How long after its due time it began, ms, where that is more than a restart takes; else 0. */
  readonly lateMs: number
}

export interface ScheduledJob {
  /** Letters, digits, `-`, `_` and `/`: a part of the key of its document. */
  readonly name: string
  /** The last due time at or before an instant, and the first one after it, epoch ms. */
  readonly lastDue: (at: number) => number
  readonly nextDue: (after: number) => number
  /** A due time is still of use for so long, ms. An older one is skipped, and counted. */
  readonly usefulMs: number
  /** Whether a job that is new runs for its last due time, if that is of use. Default: it begins with the next one. */
  readonly startsAtOnce?: boolean
  run(due: DueRun): Promise<JobOutcome>
}

/** How a run ended: `continueAt` when it has more to do under the same due time, no earlier than that, epoch ms. */
// biome-ignore lint/suspicious/noConfusingVoidType: a run that is done returns nothing.
export type JobOutcome = void | { readonly continueAt: number }

/** `schedule/NAME`. Times are epoch ms. */
export interface JobDocument {
  /** Every due time up to this one was run or skipped. */
  readonly doneUntil: number
  readonly last?: { readonly dueAt: number; readonly startedAt: number; readonly finishedAt: number; readonly lateMs: number }
  /** The run that fails at present. */
  readonly failing?: { readonly dueAt: number; readonly attempts: number; readonly nextAt: number; readonly problem: string }
  /** The run that has more to do. */
  readonly continuing?: { readonly dueAt: number; readonly nextAt: number }
  /** Due times that were no longer of use when they could have been run. */
  readonly skipped: number
  /** A person asked for a run that has not begun. */
  readonly isRequested?: boolean
}

export interface JobState extends JobDocument {
  readonly name: string
  readonly nextAt: number
}

export interface Scheduler extends Component {
  /** Runs what is due now, if this process holds the lease. Called every second. */
  tick(): Promise<void>
}

export interface SchedulerDeps {
  readonly store: ScheduleStore
  readonly jobs: readonly ScheduledJob[]
  /** Names this process among its replicas. */
  readonly holder: string
  readonly now: () => number
  /** A clock that nobody sets, ms from any origin. */
  readonly monotonic?: () => number
  readonly logger: Logger
  readonly onRun?: (job: string, outcome: 'done' | 'failed' | 'skipped') => void
}

const LEASE = 'scheduler'
const LEASE_MS = 15_000
const TICK_MS = 1_000
/** A restart and a failover take less: what begins within it is on time. */
const ON_TIME_MS = 120_000
/** After the wall clock was set, nothing runs for so long: it may be set back. */
const CLOCK_SET_MS = 30_000
const CLOCK_SETTLES_MS = 60_000
const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 600_000

const keyOf = (name: string) => `schedule/${name}`

/** The jobs with their last and next runs, as the store has them: any process can ask. */
export function readJobStates(
  store: Pick<ScheduleStore, 'get'>,
  jobs: readonly Pick<ScheduledJob, 'name' | 'nextDue'>[],
  now: number,
): Promise<readonly JobState[]> {
  return Promise.all(
    jobs.map(async job => {
      const document = (await store.get<JobDocument>(keyOf(job.name)))?.value ?? { doneUntil: now, skipped: 0 }
      return { name: job.name, ...document, nextAt: job.nextDue(Math.max(document.doneUntil, now)) }
    }),
  )
}

/** Asks the scheduler, in whichever process it runs, to run a job within some seconds, as for its last due time. */
export async function requestRun(store: Pick<ScheduleStore, 'get' | 'put'>, job: Pick<ScheduledJob, 'name'>, now: number): Promise<void> {
  const document = (await store.get<JobDocument>(keyOf(job.name)))?.value ?? { doneUntil: now, skipped: 0 }
  await store.put(keyOf(job.name), { ...document, isRequested: true } satisfies JobDocument)
}

/**
 * Runs each job once for each due time. The position of a job is stored, under a lease, after its run: a process that dies during a run
 * leaves it to the next one, under the same due time. Of several missed due times only the latest is run, if it is still of use.
 */
export function createScheduler(deps: SchedulerDeps): Scheduler {
  const { store, jobs, holder, now, monotonic = () => performance.now(), logger, onRun } = deps
  let lease: ScheduleLease | null = null
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let problem: string | null = null
  let stopped = false
  let offset = now() - monotonic()
  let trustedAt = Number.NEGATIVE_INFINITY

  /** Whether the wall clock has gone steadily for a while. A machine that slept looks as if its clock had been set. */
  function isClockSteady(): boolean {
    const found = now() - monotonic()
    if (Math.abs(found - offset) > CLOCK_SET_MS) trustedAt = monotonic() + CLOCK_SETTLES_MS
    offset = found
    return monotonic() >= trustedAt
  }

  const read = async (name: string) => (await store.get<JobDocument>(keyOf(name)))?.value ?? null

  async function write(name: string, document: JobDocument): Promise<void> {
    if (lease) await store.put(keyOf(name), document, { lease: { name: LEASE, token: lease.token } })
  }

  async function holdLease(): Promise<boolean> {
    if (lease && !(await lease.renew())) lease = null
    lease ??= await store.acquire(LEASE, holder, LEASE_MS)
    return lease !== null
  }

  async function visit(job: ScheduledJob): Promise<void> {
    const at = now()
    const stored = await read(job.name)
    // A job that is new does not make up for what was due before it existed.
    if (!stored && !job.startsAtOnce) return write(job.name, { doneUntil: at, skipped: 0 })
    const dueAt = job.lastDue(at)
    if (stored?.isRequested) {
      const { isRequested: _, ...document } = stored
      return attempt(job, { ...document, failing: undefined }, dueAt)
    }
    const document = stored ?? { doneUntil: dueAt - 1, skipped: 0 }
    const failing = document.failing?.dueAt === dueAt ? document.failing : undefined
    const continuing = document.continuing?.dueAt === dueAt ? document.continuing : undefined
    // A requested run may repeat a due time that is done; it ends like any other.
    const isRepeat = dueAt <= document.doneUntil
    if (isRepeat && !failing && !continuing) return
    const missed = countMissed(job, document.doneUntil, dueAt)
    if (at - dueAt > job.usefulMs && !isRepeat) {
      onRun?.(job.name, 'skipped')
      return write(job.name, { ...document, failing: undefined, doneUntil: dueAt, skipped: document.skipped + missed + 1 })
    }
    if (at < (failing?.nextAt ?? continuing?.nextAt ?? at)) return
    await attempt(job, { ...document, failing, continuing, skipped: document.skipped + (failing || continuing ? 0 : missed) }, dueAt)
  }

  async function attempt(job: ScheduledJob, document: JobDocument, dueAt: number): Promise<void> {
    const startedAt = now()
    const lateMs = startedAt - dueAt > ON_TIME_MS ? startedAt - dueAt : 0
    try {
      const outcome = await keepingLease(job.run({ dueAt, lateMs }))
      if (outcome) return write(job.name, { ...document, failing: undefined, continuing: { dueAt, nextAt: outcome.continueAt } })
      await write(job.name, {
        doneUntil: dueAt,
        skipped: document.skipped,
        last: { dueAt, startedAt, finishedAt: now(), lateMs },
      })
      onRun?.(job.name, 'done')
    } catch (error) {
      onRun?.(job.name, 'failed')
      const attempts = (document.failing?.attempts ?? 0) + 1
      const nextAt = now() + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 10))
      logger.warn({ err: error, job: job.name, attempts }, 'a scheduled run failed and will be retried')
      const reason = error instanceof Error ? error.message : String(error)
      await write(job.name, { ...document, continuing: undefined, failing: { dueAt, attempts, nextAt, problem: reason } })
    }
  }

  /** Renews the lease while a run takes long, so that no replica begins the same run. */
  async function keepingLease<T>(run: Promise<T>): Promise<T> {
    const renewing = setInterval(() => void lease?.renew().catch(() => {}), LEASE_MS / 3)
    try {
      return await run
    } finally {
      clearInterval(renewing)
    }
  }

  async function tick(): Promise<void> {
    try {
      if (!isClockSteady() || !(await holdLease())) return
      for (const job of jobs) {
        if (stopped) return
        await visit(job)
      }
      problem = null
    } catch (error) {
      lease = null
      const reason = error instanceof Error ? error.message : String(error)
      // The same problem each second is logged once.
      if (reason !== problem) logger.warn({ err: error }, 'the scheduler could not read or write its positions')
      problem = reason
    }
  }

  function turn(): Promise<void> {
    running ??= tick().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    name: 'scheduler',
    async start() {
      stopped = false
      timer = setInterval(() => void turn(), TICK_MS)
      await turn()
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      await running
      await lease?.release().catch(() => {})
      lease = null
    },
    tick: turn,
    health(): Health {
      return problem === null ? { healthy: true, reason: lease ? 'runs what is due' : 'stands by' } : { healthy: false, reason: problem }
    },
  }
}

/** Due times after `after` and before `before`, none of which was run: at most as many as fit in a count that people read. */
function countMissed(job: ScheduledJob, after: number, before: number): number {
  const MOST = 10_000
  let count = 0
  for (let at = job.nextDue(after); at < before && count < MOST; at = job.nextDue(at)) count++
  return count
}
