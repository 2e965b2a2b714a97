import { messageOf } from './async.ts'
import type { Health } from './lifecycle.ts'

/** Progress reports of the worker of one partition. */
export interface ProgressReports {
  /** The worker begins a batch or has made progress. */
  working(): void
  /** The worker has processed everything and waits for more. */
  waiting(): void
  /** An attempt failed and will be retried. */
  failing(error: unknown): void
}

export interface ProgressMonitor {
  /** Begins to monitor a claimed partition, until `end`. */
  claim(partition: number): ProgressReports & { end(): void }
  /** Unhealthy while a claimed partition has work and makes no progress; the reason names each such partition. */
  health(): Health
}

/** How long work may fail, or run without failing, before the partition is reported as blocked, ms. */
const FAILING_MS = 10_000
const SLOW_MS = 60_000

interface State {
  /** Start of the work without progress; undefined while the worker waits. */
  since: number | undefined
  failure: string | undefined
}

/** @param now a monotonic clock, ms */
export function createProgressMonitor(now: () => number = () => performance.now()): ProgressMonitor {
  const states = new Map<number, State>()

  function problemOf(partition: number, { since, failure }: State): string | null {
    if (since === undefined) return null
    const ms = now() - since
    if (ms < (failure === undefined ? SLOW_MS : FAILING_MS)) return null
    return `partition ${partition} made no progress for ${Math.round(ms / 1000)} s: ${failure ?? 'its batch is still being processed'}`
  }

  return {
    claim(partition) {
      const state: State = { since: now(), failure: undefined }
      states.set(partition, state)
      return {
        working() {
          state.since = now()
          state.failure = undefined
        },
        waiting() {
          state.since = undefined
          state.failure = undefined
        },
        failing(error) {
          state.since ??= now()
          state.failure = messageOf(error)
        },
        end() {
          if (states.get(partition) === state) states.delete(partition)
        },
      }
    },
    health() {
      const problems = [...states].map(([partition, state]) => problemOf(partition, state)).filter(problem => problem !== null)
      return { healthy: problems.length === 0, reason: problems.join('; ') || 'every partition makes progress' }
    },
  }
}
