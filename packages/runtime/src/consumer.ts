import { createFailure } from './async.ts'
import type { Component, Health } from './lifecycle.ts'
import type { Logger } from './logging.ts'
import type { Metrics } from './metrics.ts'
import { createProgressMonitor, type ProgressReports } from './progress-monitor.ts'
import { createRefresher } from './refresher.ts'
import { Abandoned, retrying } from './retrying.ts'

/** The part of the event log that a consumer component needs. */
interface Log<Claim> {
  consume(options: {
    group: string
    run: (claim: Claim) => Promise<void>
  }): Promise<{ health(): Health; readonly failed: Promise<void>; stop(): Promise<void> }>
  bounds(): Promise<readonly { partition: number; earliest: number; next: number }[]>
  commits(group: string): Promise<ReadonlyMap<number, { offset: number }>>
}

/** Progress reports and retries for the worker of a claimed partition. */
export interface Worker extends ProgressReports {
  /** Retries the work on transient errors, as `retrying` does, until the claim ends. */
  attempt<T>(work: () => Promise<T>, isTransient: (error: unknown) => boolean): Promise<T>
}

interface AnyClaim {
  readonly partition: number
  readonly signal: AbortSignal
}

export interface ConsumerOptions<Claim> {
  readonly group: string
  readonly log: Log<Claim>
  readonly run: (claim: Claim, worker: Worker) => Promise<void>
  readonly metrics: Metrics
  readonly logger: Logger
}

const LAG_EVERY_MS = 10_000

/** A member of a consumer group as a component: fails with its consumer, is healthy while every claimed partition makes progress, and reports the group's lag. */
export function consumerComponent<Claim extends AnyClaim>(options: ConsumerOptions<Claim>): Component {
  const { group, log, metrics, logger } = options
  let consumer: Awaited<ReturnType<Log<Claim>['consume']>> | undefined
  const { failed, fail } = createFailure()
  const progress = createProgressMonitor()

  async function readLag(): Promise<void> {
    const [bounds, commits] = await Promise.all([log.bounds(), log.commits(group)])
    for (const { partition, earliest, next } of bounds) {
      const done = Math.max(earliest, commits.get(partition)?.offset ?? 0)
      metrics.lagRecords.set({ group, partition }, Math.max(0, next - done))
    }
  }

  const lag = createRefresher({ everyMs: LAG_EVERY_MS, read: readLag, failure: `cannot read the lag of ${group}`, logger })

  async function run(claim: Claim): Promise<void> {
    const reports = progress.claim(claim.partition)
    const attempt: Worker['attempt'] = (work, isTransient) => retrying(work, isTransient, claim.signal, logger, reports.failing)
    try {
      await options.run(claim, { ...reports, attempt })
    } catch (error) {
      if (!(error instanceof Abandoned)) throw error
    } finally {
      reports.end()
    }
  }

  return {
    name: group,
    failed,
    async start() {
      consumer = await log.consume({ group, run })
      consumer.failed.catch(fail)
      lag.start()
    },
    async stop() {
      lag.stop()
      await consumer?.stop()
    },
    health() {
      const joined = consumer?.health() ?? { healthy: false, reason: 'has not joined its group yet' }
      const moving = progress.health()
      return joined.healthy && !moving.healthy ? moving : joined
    },
  }
}
