import { messageOf } from './async.ts'
import { createClockCheck } from './clock-check.ts'
import { createJobRunner, type RunResult } from './job-runner.ts'
import { createLease } from './lease.ts'
import type { Component, Health } from './lifecycle.ts'
import type { Logger } from './logging.ts'
import { type JobDocument, jobKey, type ScheduledJob, type ScheduleStore, updateJob } from './scheduled-job.ts'

export interface Scheduler extends Component {
  /** Runs the jobs that are due, if this process holds the lease. Called every second. */
  tick(): Promise<void>
}

export interface SchedulerDeps {
  readonly store: ScheduleStore
  readonly jobs: readonly ScheduledJob[]
  /** Identifies this process among its replicas. */
  readonly holder: string
  readonly now: () => number
  /** A monotonic clock, ms from any origin. */
  readonly monotonic?: () => number
  readonly logger: Logger
  readonly onRun?: (job: string, result: RunResult) => void
}

const LEASE = 'scheduler'
const TICK_MS = 1_000

/**
 * Runs each job once for each due time, in the process that holds the lease. Of several missed due times only the latest is run,
 * if it is recent enough.
 */
export function createScheduler(deps: SchedulerDeps): Scheduler {
  const { store, jobs, holder, now, monotonic, logger, onRun } = deps
  const lease = createLease(store, LEASE, holder)
  const clock = createClockCheck(now, monotonic)
  const runner = createJobRunner({
    read: async name => (await store.get<JobDocument>(jobKey(name)))?.value ?? null,
    update: (name, change) => updateJob(store, name, lease.put, change),
    now,
    logger,
    onRun,
  })
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let problem: string | null = null
  let stopped = false

  async function runDueJobs(): Promise<void> {
    try {
      if (!clock.isSteady() || !(await lease.hold())) return
      for (const job of jobs) {
        if (stopped) return
        await lease.keepDuring(() => runner.runIfDue(job))
      }
      problem = null
    } catch (error) {
      lease.drop()
      const reason = messageOf(error)
      // The same problem is logged once, not every second.
      if (reason !== problem) logger.warn({ err: error }, 'the scheduler could not read or write its positions')
      problem = reason
    }
  }

  function tick(): Promise<void> {
    running ??= runDueJobs().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    name: 'scheduler',
    async start() {
      stopped = false
      timer = setInterval(() => void tick(), TICK_MS)
      await tick()
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      await running
      await lease.release()
    },
    tick,
    health(): Health {
      if (problem !== null) return { healthy: false, reason: problem }
      return { healthy: true, reason: lease.isHeld() ? 'runs due jobs' : 'stands by' }
    },
  }
}
