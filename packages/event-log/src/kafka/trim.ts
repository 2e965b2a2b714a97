import type { Logger } from '../logger.ts'
import type { Commit, ConsumeOptions } from '../port.ts'
import type { Ask } from './ask.ts'
import { endOffsets, offsetsAt } from './offsets.ts'

export interface TrimDeps {
  readonly topic: string
  readonly retentionMs: number
  /** Records are deleted only after these groups have processed them. */
  readonly groups: readonly string[]
  readonly ask: Ask
  readonly commitsOf: (group: string, partitions: readonly number[]) => Promise<ReadonlyMap<number, Commit>>
  readonly now: () => number
}

/**
 * Returns a function that deletes the records of a partition that are older than retention and no longer needed by any group. The topic's
 * own retention is off, because brokers do not know which records groups need.
 */
export function createTrim({ topic, retentionMs, groups, ask, commitsOf, now }: TrimDeps): (partition: number) => Promise<void> {
  async function neededFrom(partition: number): Promise<number> {
    const commits = await Promise.all(groups.map(async group => (await commitsOf(group, [partition])).get(partition)))
    return Math.min(...commits.map(commit => (commit ? (commit.keepFrom ?? commit.offset) : 0)))
  }

  return async partition => {
    const needed = await neededFrom(partition)
    await ask(async cluster => {
      const [bounds] = await endOffsets(cluster, topic, [partition])
      const kept = (await offsetsAt(cluster, topic, [partition], now() - retentionMs)).get(partition) ?? -1
      const to = Math.min(needed, kept < 0 ? (bounds?.next ?? 0) : kept)
      if (!bounds || to <= bounds.earliest) return
      const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
      if (nodeId === undefined) return
      const broker = await cluster.findBroker({ nodeId })
      await broker.deleteRecords({ topics: [{ topic, partitions: [{ partition, offset: String(to) }] }] })
    })
  }
}

export interface TrimmingConfig {
  readonly topic: string
  readonly everyMs: number
}

/** Wraps a handler so that old records of a partition are deleted while the partition is claimed. */
export function trimWhileClaimed(
  run: ConsumeOptions['run'],
  trim: (partition: number) => Promise<void>,
  { topic, everyMs }: TrimmingConfig,
  logger: Logger,
): ConsumeOptions['run'] {
  return async claim => {
    const { partition } = claim
    const failed = (error: unknown) => logger.warn({ err: error, topic, partition }, 'old records could not be deleted')
    const timer = setInterval(() => trim(partition).catch(failed), everyMs)
    try {
      await run(claim)
    } finally {
      clearInterval(timer)
    }
  }
}
