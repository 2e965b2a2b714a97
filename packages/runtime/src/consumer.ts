import type { Component, Health } from './lifecycle.ts'
import type { Logger } from './logging.ts'
import type { Metrics } from './metrics.ts'
import { GivenUp } from './retrying.ts'

/** What a consumer component needs of the event log. */
interface Log<Claim> {
  consume(options: {
    group: string
    run: (claim: Claim) => Promise<void>
  }): Promise<{ health(): Health; readonly failed: Promise<void>; stop(): Promise<void> }>
  bounds(): Promise<readonly { partition: number; next: number }[]>
  commits(group: string): Promise<ReadonlyMap<number, { offset: number }>>
}

export interface ConsumerOptions<Claim> {
  readonly group: string
  readonly log: Log<Claim>
  readonly run: (claim: Claim) => Promise<void>
  readonly metrics: Metrics
  readonly logger: Logger
}

const LAG_EVERY_MS = 10_000

/** A consumer group's member as a part of a process: it fails with its consumer, and tells the group's lag. */
export function consumerComponent<Claim>(options: ConsumerOptions<Claim>): Component {
  const { group, log, metrics, logger } = options
  let consumer: Awaited<ReturnType<Log<Claim>['consume']>> | undefined
  let lagTimer: NodeJS.Timeout | undefined
  let fail: (error: unknown) => void = () => {}
  const failed = new Promise<void>((_, reject) => {
    fail = reject
  })
  failed.catch(() => {})

  async function tellLag(): Promise<void> {
    const [bounds, commits] = await Promise.all([log.bounds(), log.commits(group)])
    for (const { partition, next } of bounds) metrics.lagRecords.set({ group, partition }, next - (commits.get(partition)?.offset ?? 0))
  }

  return {
    name: group,
    failed,
    async start() {
      consumer = await log.consume({
        group,
        run: claim =>
          options.run(claim).catch(error => {
            if (!(error instanceof GivenUp)) throw error
          }),
      })
      consumer.failed.catch(fail)
      lagTimer = setInterval(() => tellLag().catch(error => logger.warn({ err: error, group }, 'lag unknown')), LAG_EVERY_MS)
    },
    async stop() {
      clearInterval(lagTimer)
      await consumer?.stop()
    },
    health: () => consumer?.health() ?? { healthy: false, reason: 'has not joined its group yet' },
  }
}
