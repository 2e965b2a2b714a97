import type { BucketKey } from './buckets.ts'

/**
 * What a batch adds: for each bucket, whole numbers to add under a field and members to add to a unique set under a field.
 * Percentile bins are whole numbers too (a field a bin), so a bucket needs only these two maps, and adding is merging.
 */
export interface BucketDelta {
  readonly add: Map<string, number>
  /** Members are 16 hex digits (keyed hashes). */
  readonly unique: Map<string, Set<string>>
}

/** By bucket. */
export type Deltas = Map<BucketKey, BucketDelta>
