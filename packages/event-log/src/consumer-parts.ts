import type { ClaimSource } from './claims.ts'
import type { Logger } from './logger.ts'
import type { Monitor } from './monitor.ts'
import type { Commit } from './port.ts'

/** The partitions of a member between two rebalances. */
export interface Membership {
  readonly partitions: readonly number[]
  /** Settles when the member must give up the partitions. */
  readonly over: Promise<void>
  /** Rejects with PartitionLost once the membership has ended, and with LogUnavailable. */
  commit(partition: number, commit: Commit): Promise<void>
}

/** A consumer as a member of its group. An adapter implements it. */
export interface GroupMember {
  /** Joins, or joins again after giving up the partitions. Makes one attempt. */
  join(): Promise<Membership>
  leave(): Promise<void>
}

export interface ConsumerParts {
  readonly member: GroupMember
  readonly commits: (partitions: readonly number[]) => Promise<ReadonlyMap<number, Commit>>
  readonly earliest: (partitions: readonly number[]) => Promise<ReadonlyMap<number, number>>
  readonly openSource: (partition: number, offset: number) => ClaimSource
  /** Whether an error of the functions above would only occur again. */
  readonly isFatal: (error: unknown) => boolean
  /** Calls the listener when the partitions must be assigned again. Returns a function that removes the listener. */
  readonly onRegroup?: (listener: () => void) => () => void
  readonly close: () => void
  readonly monitor: Monitor
  readonly logger: Logger
  /** How long handlers may take to return after their claims were aborted, ms. */
  readonly drainTimeoutMs: number
}
