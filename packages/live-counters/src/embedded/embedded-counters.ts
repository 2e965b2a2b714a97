/**
 * Live counters in an LMDB file, for one process. Each call of apply is one transaction. A crash of the machine may lose the last transactions, with
 * positions and counters alike: the worker then folds the log again from the stored position.
 */
import { coalesced, movedBy } from '../advances.ts'
import { type BucketKey, bucketExpiry } from '../buckets.ts'
import { countOf } from '../partitions.ts'
import { type LiveCounters, type Moved, PositionMoved } from '../port.ts'
import { coverageInAll, samePosition } from '../position.ts'
import { createSeenByPartition } from '../seen-members.ts'
import { addDeltas } from './add-deltas.ts'
import { openGuardedStore } from './guarded-store.ts'
import { estimateUnique, sumFields } from './readings.ts'
import type { Store } from './store.ts'

export interface EmbeddedCountersConfig {
  /** The folder of the file, created if absent. It contains nothing else. */
  readonly folder: string
  /** The log's number of partitions; a function if it may grow. */
  readonly partitions: number | (() => number)
  /** Epoch milliseconds. */
  readonly now: () => number
}

const SWEEP_EVERY_MS = 60_000
/** Maximum number of entries that a sweep removes, so that it does not delay apply. */
const MAX_SWEPT = 2_000

export function openEmbeddedCounters(config: EmbeddedCountersConfig): LiveCounters {
  const { folder, partitions, now } = config
  const listeners = new Set<ReturnType<typeof coalesced>>()
  const seenByPartition = createSeenByPartition()
  // After a failed transaction, members that it marked as seen may not be stored.
  const guarded = openGuardedStore(folder, seenByPartition.forget)
  const sweepIfDue = createSweep(now)

  const eachPartition = () => Array.from({ length: countOf(partitions) }, (_, partition) => partition)
  const coverage = (store: Store) => coverageInAll(eachPartition().map(partition => store.position(partition)))
  const kept = (store: Store, buckets: readonly BucketKey[]) => {
    const time = coverage(store).horizon || now()
    return buckets.filter(bucket => bucketExpiry(bucket) > time)
  }
  const notify = (moved: Moved) => {
    for (const listener of listeners) listener.signal(moved)
  }

  return {
    position: partition => guarded.read(store => store.position(partition)),

    coverage: () => guarded.read(coverage),

    async apply(partition, expected, next, deltas) {
      const time = next.coverage?.horizon ?? now()
      const { outcome, found } = await guarded.write(store => {
        const found = store.position(partition)
        if (samePosition(found, next)) return { outcome: 'repeated' as const, found }
        if (!samePosition(found, expected)) return { outcome: 'moved' as const, found }
        const seen = seenByPartition.of(partition)
        seen.begin(expected)
        addDeltas(store, partition, deltas, time, seen)
        store.setPosition(partition, next)
        seen.settle(next)
        sweepIfDue(store, time)
        return { outcome: 'applied' as const, found }
      })
      if (outcome === 'moved') throw new PositionMoved(partition, found)
      if (outcome === 'applied' && listeners.size > 0) notify(movedBy(deltas))
      return outcome
    },

    totals: (buckets, prefixes, partition) =>
      guarded.read(store => sumFields(store, partition === undefined ? eachPartition() : [partition], kept(store, buckets), prefixes)),

    uniques: (buckets, fields) =>
      guarded.read(store => {
        const present = kept(store, buckets)
        return new Map(fields.map(field => [field, estimateUnique(store, eachPartition(), present, field)]))
      }),

    onAdvance(listener) {
      const advances = coalesced(listener)
      listeners.add(advances)
      return () => {
        advances.end()
        listeners.delete(advances)
      }
    },

    async reset(some) {
      if (some) await guarded.removePartitions(new Set(some))
      else await guarded.write(store => store.clear())
      notify(null)
    },

    copyTo: guarded.copyTo,

    async health() {
      const problem = guarded.problem()
      return problem ? { healthy: false, reason: problem } : { healthy: true, reason: 'the counters are open' }
    },

    async close() {
      for (const listener of listeners) listener.end()
      listeners.clear()
      await guarded.close()
    },
  }
}

/** Returns a function that removes expired buckets, at most once in {@link SWEEP_EVERY_MS}. */
function createSweep(now: () => number): (store: Store, time: number) => void {
  let sweptAt = Number.NEGATIVE_INFINITY
  return (store, time) => {
    if (Math.abs(now() - sweptAt) < SWEEP_EVERY_MS) return
    store.sweep(time, MAX_SWEPT)
    sweptAt = now()
  }
}
