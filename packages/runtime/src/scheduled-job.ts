import { randomUUID } from 'node:crypto'
import type { LeasePut, LeaseStore } from './lease.ts'

/** The part of the state store that the scheduler needs. */
export interface ScheduleStore extends LeaseStore {
  get<T>(key: string): Promise<{ readonly value: T; readonly version: number } | null>
}

/** One due time of a job. */
export interface DueRun {
  /** Epoch ms. The key of the run: its effects must be idempotent by it. */
  readonly dueAt: number
  /** Delay of the start after the due time, ms; 0 for a delay that a restart explains. */
  readonly lateMs: number
}

export interface ScheduledJob {
  /** Letters, digits, `-`, `_` and `/`: part of the key of the job's document. */
  readonly name: string
  /** The last due time at or before an instant, and the first one after it, epoch ms. */
  readonly lastDue: (at: number) => number
  readonly nextDue: (after: number) => number
  /** Maximum age of a due time, ms. An older one is skipped and counted. */
  readonly usefulMs: number
  /** Whether a new job runs for its last due time, if that is recent enough. Default: it begins with the next due time. */
  readonly startsAtOnce?: boolean
  run(due: DueRun): Promise<JobOutcome>
}

/** The result of a run. With `continueAt` (epoch ms) the job is called again at or after that time, with the same due time; `reason` is for people. */
// biome-ignore lint/suspicious/noConfusingVoidType: a finished run returns nothing.
export type JobOutcome = void | { readonly continueAt: number; readonly reason?: string }

/** `schedule/NAME`. Times are epoch ms. */
export interface JobDocument {
  /** Every due time up to this one was run or skipped. */
  readonly doneUntil: number
  readonly last?: { readonly dueAt: number; readonly startedAt: number; readonly finishedAt: number; readonly lateMs: number }
  /** The run that is being retried. */
  readonly failing?: { readonly dueAt: number; readonly attempts: number; readonly nextAt: number; readonly problem: string }
  /** The run that will be called again. */
  readonly continuing?: { readonly dueAt: number; readonly nextAt: number; readonly reason?: string }
  /** Number of due times that were too old to be run. */
  readonly skipped: number
  /** The id of a run that a person requested and that has not ended. */
  readonly request?: string
}

export interface JobState extends JobDocument {
  readonly name: string
  readonly nextAt: number
}

export const jobKey = (name: string) => `schedule/${name}`

/** The jobs with their last and next runs as stored. Works in any process. */
export function readJobStates(
  store: Pick<ScheduleStore, 'get'>,
  jobs: readonly Pick<ScheduledJob, 'name' | 'nextDue'>[],
  now: number,
): Promise<readonly JobState[]> {
  return Promise.all(
    jobs.map(async job => {
      const document = (await store.get<JobDocument>(jobKey(job.name)))?.value ?? { doneUntil: now, skipped: 0 }
      return { name: job.name, ...document, nextAt: job.nextDue(Math.max(document.doneUntil, now)) }
    }),
  )
}

/** Requests a run of a job for its last due time. The scheduler, in whichever process it runs, begins it within seconds. */
export async function requestRun(
  store: Pick<ScheduleStore, 'get' | 'put'>,
  { name }: Pick<ScheduledJob, 'name'>,
  now: number,
): Promise<void> {
  const request = randomUUID()
  await updateJob(store, name, store.put, stored => ({ ...(stored ?? { doneUntil: now, skipped: 0 }), request }))
}

const UPDATE_TRIES = 5

/** Changes a job's document. What another process wrote in between is not lost: the change is made again, of the new document. */
export async function updateJob(
  store: Pick<ScheduleStore, 'get'>,
  name: string,
  put: LeasePut,
  change: (stored: JobDocument | null) => JobDocument,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    const stored = await store.get<JobDocument>(jobKey(name))
    try {
      await put(jobKey(name), change(stored?.value ?? null), { ifVersion: stored?.version ?? 0 })
      return
    } catch (error) {
      if (tries === UPDATE_TRIES || (error as { readonly code?: string }).code !== 'state_conflict') throw error
    }
  }
}
