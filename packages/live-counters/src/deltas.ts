import type { BucketKey } from './buckets.ts'
import { KeySet } from './key-set.ts'

/**
 * The additions of a batch: for each bucket, whole numbers to add under a field and members to add to a unique set under a field.
 * A percentile bin is a field with a whole number too, so a bucket needs only these two maps, which are merged by adding. Buckets may share a map or
 * a set, which are never changed.
 */
export interface BucketDelta {
  readonly add: ReadonlyMap<string, number>
  /** Members are keyed hashes. */
  readonly unique: ReadonlyMap<string, KeySet>
}

/** By bucket. */
export type Deltas = ReadonlyMap<BucketKey, BucketDelta>

/** Adds the deltas of one bucket. */
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
  // Shared, not copied: most batches are within one bucket of each resolution.
  if (first && others.length === 0) return first
  const merged = new Map(first)
  for (const map of others) {
    for (const [field, value] of map) {
      const present = merged.get(field)
      merged.set(field, present === undefined ? value : merge(present, value))
    }
  }
  return merged
}
