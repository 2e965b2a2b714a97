import type { BucketKey } from './buckets.ts'
import { KeySet } from './key-set.ts'

/**
 * The additions of a batch: for each bucket, whole numbers to add under a field and members to add to a unique set under a field.
 * Percentile bins are whole numbers too (a field a bin), so a bucket needs only these two maps, and adding is merging.
 * Buckets may share a map or a set; nothing changes one after it was made.
 */
export interface BucketDelta {
  readonly add: ReadonlyMap<string, number>
  /** Members are keyed hashes. */
  readonly unique: ReadonlyMap<string, KeySet>
}

/** By bucket. */
export type Deltas = ReadonlyMap<BucketKey, BucketDelta>

/** The sum of both. */
export function mergeDeltas(one: Deltas, other: Deltas): Deltas {
  const merged = new Map(one)
  for (const [bucket, delta] of other) {
    const there = merged.get(bucket)
    merged.set(bucket, there ? mergeBucketDeltas([there, delta]) : delta)
  }
  return merged
}

/** The sum of all of them, in one bucket. */
export function mergeBucketDeltas(deltas: readonly BucketDelta[]): BucketDelta {
  return {
    add: mergeMaps(
      deltas.map(delta => delta.add),
      (one, other) => one + other,
    ),
    unique: mergeMaps(
      deltas.map(delta => delta.unique),
      (one, other) => {
        const both = new KeySet()
        both.addAll(one)
        both.addAll(other)
        return both
      },
    ),
  }
}

function mergeMaps<V>(maps: readonly ReadonlyMap<string, V>[], merge: (one: V, other: V) => V): ReadonlyMap<string, V> {
  const filled = maps.filter(map => map.size > 0)
  const [first, ...others] = filled
  // Shared, not copied: most batches lie within one bucket of every resolution.
  if (first && others.length === 0) return first
  const merged = new Map(first)
  for (const map of others) {
    for (const [field, value] of map) {
      const there = merged.get(field)
      merged.set(field, there === undefined ? value : merge(there, value))
    }
  }
  return merged
}
