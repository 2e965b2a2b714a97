import type { Commit } from '../port.ts'
import type { Partition, Retention } from './partition.ts'

export interface LogRetentionDeps {
  readonly partitions: readonly Partition[]
  /** Records are deleted only after these groups have processed them. */
  readonly groups: ReadonlySet<string>
  readonly committed: (group: string, partition: number) => Commit | undefined
  readonly now: () => number
}

/** Decides which records the log may delete, and whether it is full of records that a group has yet to process. */
export function createLogRetention(retention: Retention, { partitions, groups, committed, now }: LogRetentionDeps) {
  const oldest = (partition: number, of: (commit: Commit) => number) =>
    Math.min(...[...groups].map(group => committed(group, partition)).map(commit => (commit ? of(commit) : 0)))
  /** The oldest record of a partition that a group has yet to process. */
  const neededFrom = (partition: number) => oldest(partition, ({ offset }) => offset)
  /** The oldest record of a partition that a group reads again after a restart. */
  const keptFrom = (partition: number) => oldest(partition, ({ offset, keepFrom = offset }) => Math.min(offset, keepFrom))

  const isFull = (partition: number) => partitions[partition]?.isFull(retention, neededFrom(partition)) ?? false

  return {
    isFull,
    isAnyFull: () => partitions.some((_, partition) => isFull(partition)),
    async trim(): Promise<void> {
      await Promise.all(partitions.map((partition, index) => partition.trim(retention, keptFrom(index), now())))
    },
  }
}
