import { messageOf } from './async.ts'
import type { Logger } from './logging.ts'
import type { JobDocument, ScheduledJob } from './scheduled-job.ts'

export type RunResult = 'done' | 'failed' | 'skipped'

export interface JobRunnerDeps {
  readonly read: (name: string) => Promise<JobDocument | null>
  readonly update: (name: string, change: (stored: JobDocument | null) => JobDocument) => Promise<void>
  readonly now: () => number
  readonly logger: Logger
  readonly onRun?: (job: string, result: RunResult) => void
}

/** A run that begins within this time after its due time is not late: a restart or a failover takes less. */
const ON_TIME_MS = 120_000
const FIRST_RETRY_MS = 5_000
const LONGEST_RETRY_MS = 600_000
const MAX_COUNTED_MISSES = 10_000

/**
 * Runs a job for its last due time, unless that was run already. The position is written after the run, so a run whose process dies is
 * repeated under the same due time. Earlier due times that were missed are counted as skipped.
 */
export function createJobRunner({ read, update, now, logger, onRun }: JobRunnerDeps) {
  /** Writes a document, with a request that came after `seen` was read. */
  const write = (name: string, document: JobDocument, seen?: string) =>
    update(name, stored => (stored?.request === undefined || stored.request === seen ? document : { ...document, request: stored.request }))

  async function runIfDue(job: ScheduledJob): Promise<void> {
    const at = now()
    const stored = await read(job.name)
    // A new job is not run for due times before it existed.
    if (!stored && !job.startsAtOnce) return write(job.name, { doneUntil: at, skipped: 0 })
    const dueAt = job.lastDue(at)
    if (stored?.request !== undefined) {
      const { request, ...document } = stored
      return attempt(job, { ...document, failing: undefined }, dueAt, request)
    }
    const document = stored ?? { doneUntil: dueAt - 1, skipped: 0 }
    const failing = document.failing?.dueAt === dueAt ? document.failing : undefined
    const continuing = document.continuing?.dueAt === dueAt ? document.continuing : undefined
    // A requested run may repeat a due time that is done.
    const isRepeat = dueAt <= document.doneUntil
    if (isRepeat && !failing && !continuing) return
    const missed = countDueBetween(job, document.doneUntil, dueAt)
    if (at - dueAt > job.usefulMs && !isRepeat) {
      onRun?.(job.name, 'skipped')
      return write(job.name, { ...document, failing: undefined, doneUntil: dueAt, skipped: document.skipped + missed + 1 })
    }
    if (at < (failing?.nextAt ?? continuing?.nextAt ?? at)) return
    await attempt(job, { ...document, failing, continuing, skipped: document.skipped + (failing || continuing ? 0 : missed) }, dueAt)
  }

  async function attempt(job: ScheduledJob, document: JobDocument, dueAt: number, request?: string): Promise<void> {
    const startedAt = now()
    const lateMs = startedAt - dueAt > ON_TIME_MS ? startedAt - dueAt : 0
    try {
      const outcome = await job.run({ dueAt, lateMs })
      if (outcome) {
        const continuing = { dueAt, nextAt: outcome.continueAt, ...(outcome.reason && { reason: outcome.reason }) }
        return write(job.name, { ...document, failing: undefined, continuing }, request)
      }
      const last = { dueAt, startedAt, finishedAt: now(), lateMs }
      await write(job.name, { doneUntil: dueAt, skipped: document.skipped, last }, request)
      onRun?.(job.name, 'done')
    } catch (error) {
      onRun?.(job.name, 'failed')
      const attempts = (document.failing?.attempts ?? 0) + 1
      const nextAt = now() + Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempts - 1, 10))
      logger.warn({ err: error, job: job.name, attempts }, 'a scheduled run failed and will be retried')
      const problem = messageOf(error)
      await write(job.name, { ...document, continuing: undefined, failing: { dueAt, attempts, nextAt, problem } }, request)
    }
  }

  return { runIfDue }
}

/** The number of due times after `after` and before `before`, at most {@link MAX_COUNTED_MISSES}. */
function countDueBetween(job: ScheduledJob, after: number, before: number): number {
  let count = 0
  for (let at = job.nextDue(after); at < before && count < MAX_COUNTED_MISSES; at = job.nextDue(at)) count++
  return count
}
