/**
 * Live counters: what has been counted lately, by event time, in buckets that add up to any window.
 *
 * The counters service folds a batch of rows to {@link Deltas} in memory and applies them in one atomic call a partition;
 * readers get any window as a merge over partitions and buckets. An adapter implements {@link LiveCounters}.
 */
import type { Filter } from '@northstar/catalogue'
import type { BucketKey } from './buckets.ts'
import type { ReadableCoverage } from './coverage.ts'
import type { Deltas } from './deltas.ts'
import type { Position } from './position.ts'

/**
 * One thing to count. Two aggregates with the same {@link aggregateKey} are the same thing. Sums are exact. `sum` and `unique` also
 * count their values and events, by which their members are known.
 */
export interface Aggregate {
  readonly kind: 'count' | 'sum' | 'unique' | 'percentiles'
  /** The event kinds that count; empty means any. */
  readonly events: readonly string[]
  /**
   * The number summed or measured; for `unique`, `user_id` or `session_id`. Absent for `count`. Events without it (or with an empty id) do not count.
   */
  readonly of?: string
  readonly where: readonly Filter[]
  /**
   * Also kept apart for each value of this property. Nothing bounds how many values are kept, so name only properties with short lists of
   * them. Events without the property are a member of their own.
   */
  readonly by?: string
}

/** A span of event time, epoch milliseconds, `to` excluded. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** The codes of the aggregates whose counts moved (`aggregateCode`); null where any may have. */
export type Moved = ReadonlySet<string> | null

export interface LiveCounters {
  /** How far the partition has been counted; null when never. */
  position(partition: number): Promise<Position | null>
  /** Since when all partitions count an aggregate (nothing while there is a partition that was never counted), and the horizon. */
  coverage(): Promise<ReadableCoverage>
  /**
   * Buckets expire by the horizon of `next`'s coverage, or by the clock where it has none.
   * Adds the deltas and moves the position from `expected` to `next`, both or neither. Answers `repeated` when the
   * position is already at `next` (the same call was cut off after it was sent). Rejects with {@link PositionMoved} when
   * somebody else has moved it: the caller's partition is another worker's now.
   */
  apply(partition: number, expected: Position | null, next: Position, deltas: Deltas): Promise<'applied' | 'repeated'>
  /**
   * The fields that begin with one of the prefixes, each added up over the buckets and all partitions, or in one. Buckets not kept count as empty.
   * A prefix is at least the field's group: its first {@link GROUP_LENGTH} characters.
   */
  totals(buckets: readonly BucketKey[], prefixes: readonly string[], partition?: number): Promise<ReadonlyMap<string, number>>
  /** How many different members the fields' sets hold over the buckets: estimates, standard error 0.81%. */
  uniques(buckets: readonly BucketKey[], fields: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Calls back after an apply by any process, at most once every few milliseconds. Returns what ends it. */
  onAdvance(listener: (moved: Moved) => void): () => void
  /** Forgets every bucket and position (of some partitions), so that workers begin again at the log's start. */
  reset(partitions?: readonly number[]): Promise<void>
  health(): Promise<{ readonly healthy: boolean; readonly reason: string }>
  /** Copies counters and positions as they are together now into a folder where they can be opened. Absent where they are a server's. */
  readonly copyTo?: (folder: string) => Promise<void>
  close(): Promise<void>
}

/** Another worker has moved the partition's position. Read it again, or stop. */
export class PositionMoved extends Error {
  readonly code = 'position_moved'
  readonly retryable = false
  readonly partition: number
  readonly found: Position | null
  constructor(partition: number, found: Position | null, options?: ErrorOptions) {
    super(`partition ${partition} was counted further by another worker (to ${found?.offset ?? 'the start'})`, options)
    this.partition = partition
    this.found = found
    this.name = 'PositionMoved'
  }
}

/** The store cannot answer now. */
export class CountersUnavailable extends Error {
  readonly code = 'counters_unavailable'
  readonly retryable = true
  constructor(reason: string, options?: ErrorOptions) {
    super(`the live counters are unavailable: ${reason}`, options)
    this.name = 'CountersUnavailable'
  }
}
