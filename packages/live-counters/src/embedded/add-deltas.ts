import { type BucketKey, bucketExpiry } from '../buckets.ts'
import type { Deltas } from '../deltas.ts'
import type { KeySet } from '../key-set.ts'
import type { SeenMembers } from '../seen-members.ts'
import type { Store } from './store.ts'

/** Adds a partition's deltas, except to buckets that have expired at `now`. Must run within a transaction. */
export function addDeltas(store: Store, partition: number, deltas: Deltas, now: number, seen: SeenMembers): void {
  // Buckets share sets of members. Each set is searched for unseen members once for all of its buckets.
  const setsOf = new Map<KeySet, (readonly [BucketKey, string])[]>()
  for (const [bucket, delta] of deltas) {
    if (bucketExpiry(bucket) <= now) continue
    store.add(partition, bucket, delta.add)
    for (const [field, members] of delta.unique) {
      const sets = setsOf.get(members)
      if (sets) sets.push([bucket, field])
      else setsOf.set(members, [[bucket, field]])
    }
  }
  for (const [members, sets] of setsOf) {
    const unseen = seen.takeUnseen(
      sets.map(([bucket, field]) => `${bucket}:${field}`),
      members,
    )
    sets.forEach(([bucket, field], i) => {
      const added = unseen[i] ?? []
      if (added.length > 0) store.addMembers(partition, bucket, field, added)
    })
  }
}
