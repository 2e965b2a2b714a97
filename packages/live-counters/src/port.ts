/**
 * Live counters: recent counts by event time, in buckets that add up to any window.
 *
 * The counters service folds a batch of rows to {@link Deltas} in memory and applies them in one atomic call for each partition;
 * readers add up the partitions and buckets of a window. An adapter implements {@link LiveCounters}.
 */
import type { BucketKey } from './buckets.ts'
import type { ReadableCoverage } from './coverage.ts'
import type { Deltas } from './deltas.ts'
import type { Position } from './position.ts'

/** The codes (`aggregateCode`) of the aggregates whose counts changed; null if any may have changed. */
export type Moved = ReadonlySet<string> | null

export interface LiveCounters {
  /** How far the partition has been counted; null before its first count. */
  position(partition: number): Promise<Position | null>
  /** The time since which all partitions count each aggregate, and the horizon. Empty while a partition has never been counted. */
  coverage(): Promise<ReadableCoverage>
  /**
   * Adds the deltas and moves the position from `expected` to `next`, both or neither. Resolves to `repeated` if the position is already at
   * `next` (an earlier attempt of the same call was applied, but its answer was lost). Rejects with {@link PositionMoved} if another worker
   * has moved the position: that worker owns the partition now. Buckets expire by the horizon of `next`'s coverage, or by the clock if it
   * has none.
   */
  apply(partition: number, expected: Position | null, next: Position, deltas: Deltas): Promise<'applied' | 'repeated'>
  /**
   * The fields that begin with one of the prefixes, each added up over the buckets and over all partitions or one. Buckets that are no
   * longer kept count as empty. A prefix is at least the field's group: its first {@link GROUP_LENGTH} characters.
   */
  totals(buckets: readonly BucketKey[], prefixes: readonly string[], partition?: number): Promise<ReadonlyMap<string, number>>
  /** Estimated number of different members in each field's sets over the buckets. Standard error 0.81%. */
  uniques(buckets: readonly BucketKey[], fields: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Calls the listener after an apply by any process, at most once every few milliseconds. Returns a function that removes the listener. */
  onAdvance(listener: (moved: Moved) => void): () => void
  /** Deletes every bucket and position, of all partitions or of some, so that workers begin again at the start of the log. */
  reset(partitions?: readonly number[]): Promise<void>
  health(): Promise<{ readonly healthy: boolean; readonly reason: string }>
  /** Copies a consistent state of counters and positions into a folder where it can be opened. Absent if a server stores them. */
  readonly copyTo?: (folder: string) => Promise<void>
  close(): Promise<void>
}

/** Another worker has moved the partition's position. The caller must read it again or stop. */
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
