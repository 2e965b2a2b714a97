import { type BucketKey, bucketKey, bucketStart, RESOLUTIONS } from './buckets.ts'
import { type BucketDelta, type Deltas, mergeBucketDeltas } from './deltas.ts'
import type { KeySet } from './key-set.ts'
import type { MemberAdmission } from './members.ts'
import type { Slot, SlotsByLevel } from './slots.ts'

const [, MINUTES] = RESOLUTIONS

/** Returns the deltas of all resolutions, added up from the finest counted buckets and the ledger's minutes. */
export function rollUp(slots: SlotsByLevel, ledger: ReadonlyMap<number, ReadonlyMap<string, number>>, admission: MemberAdmission): Deltas {
  const deltas = new Map<BucketKey, BucketDelta>()
  let finer = new Map<number, BucketDelta>()
  for (const [level, resolution] of RESOLUTIONS.entries()) {
    const parts = new Map<number, BucketDelta[]>()
    const put = (time: number, part: BucketDelta) => {
      const start = bucketStart(resolution, time)
      const known = parts.get(start)
      if (known) known.push(part)
      else parts.set(start, [part])
    }
    for (const [start, part] of finer) put(start, part)
    for (const [start, slot] of slots[level] ?? []) put(start, deltaOf(slot, start, admission))
    if (resolution === MINUTES) for (const [start, entries] of ledger) put(start, { add: entries, unique: new Map() })
    finer = new Map()
    for (const [start, bucketParts] of parts) {
      const [only, ...others] = bucketParts
      const delta = only && others.length === 0 ? only : mergeBucketDeltas(bucketParts)
      finer.set(start, delta)
      if (delta.add.size > 0 || delta.unique.size > 0) deltas.set(bucketKey(resolution, start), delta)
    }
  }
  return deltas
}

function deltaOf({ tallies }: Slot, start: number, admission: MemberAdmission): BucketDelta {
  const add = new Map<string, number>()
  const unique = new Map<string, KeySet>()
  for (const tally of tallies) if (tally) tally.write(add, unique, admission.of(tally.by ?? '', start))
  return { add, unique }
}
