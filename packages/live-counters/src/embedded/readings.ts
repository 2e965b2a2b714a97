import type { BucketKey } from '../buckets.ts'
import { GROUP_LENGTH } from '../fields.ts'
import { HyperLogLog } from '../hyperloglog.ts'
import type { Store } from './store.ts'

/** Sums the fields with one of the prefixes over the buckets and partitions. */
export function sumFields(
  store: Store,
  partitions: readonly number[],
  buckets: readonly BucketKey[],
  prefixes: readonly string[],
): ReadonlyMap<string, number> {
  const totals = new Map<string, number>()
  const groups = new Set(prefixes.map(prefix => prefix.slice(0, GROUP_LENGTH)))
  const add = (field: string, amount: number) => {
    if (prefixes.some(prefix => field.startsWith(prefix))) totals.set(field, (totals.get(field) ?? 0) + amount)
  }
  for (const bucket of buckets) {
    for (const partition of partitions) {
      for (const group of groups) store.eachField(partition, bucket, group, add)
    }
  }
  return totals
}

/** The estimated number of members in the union of a field's sets over the buckets and partitions. */
export function estimateUnique(store: Store, partitions: readonly number[], buckets: readonly BucketKey[], field: string): number {
  const merged = new HyperLogLog()
  for (const bucket of buckets) {
    for (const partition of partitions) store.mergeUnique(partition, bucket, field, merged)
  }
  return Math.round(merged.estimate())
}
