/**
 * Live counters in an LMDB file, for one process. A call of apply is one transaction. A crash of the machine may lose the last
 * transactions, of position and counters alike: the worker folds the log again from there.
 */
import { mkdirSync } from 'node:fs'
import { createDiskReserve } from '@northstar/runtime/disk'
import { coalesced, movedBy } from '../advances.ts'
import { type BucketKey, bucketExpiry } from '../buckets.ts'
import { coverageInAll } from '../coverage.ts'
import { GROUP_LENGTH } from '../fields.ts'
import { HyperLogLog } from '../hyperloglog.ts'
import type { KeySet } from '../key-set.ts'
import { countOf } from '../partitions.ts'
import { CountersUnavailable, type LiveCounters, type Moved, PositionMoved } from '../port.ts'
import { samePosition } from '../position.ts'
import { SeenMembers } from '../seen-members.ts'
import { Store } from './store.ts'

export interface EmbeddedCountersConfig {
  /** Of these counters alone; made where it is missing. */
  readonly folder: string
  /** How many the log has; a function where they may grow. */
  readonly partitions: number | (() => number)
  /** Epoch milliseconds. */
  readonly now: () => number
}

const SWEEP_EVERY_MS = 60_000
/** A sweep removes so much at most, so that no apply waits long. */
const SWEEP_MOST = 2_000

export function openEmbeddedCounters(config: EmbeddedCountersConfig): LiveCounters {
  const { folder, partitions, now } = config
  let store = new Store(folder)
  const writing = new Set<Promise<unknown>>()
  /** Set while the file is replaced: what is written to the former one would be lost. */
  let held: Promise<void> | undefined
  const reserve = createDiskReserve(folder, 'stores')
  const listeners = new Set<ReturnType<typeof coalesced>>()
  const seenByPartition = new Map<number, SeenMembers>()
  let sweptAt = Number.NEGATIVE_INFINITY
  let failure: string | null = null
  let closed = false

  const seenIn = (partition: number) => {
    const seen = seenByPartition.get(partition) ?? new SeenMembers()
    seenByPartition.set(partition, seen)
    return seen
  }
  const eachPartition = () => Array.from({ length: countOf(partitions) }, (_, partition) => partition)
  const coverage = () => coverageInAll(eachPartition().map(partition => store.position(partition)))
  const kept = (buckets: readonly BucketKey[]) => {
    const time = coverage().horizon || now()
    return buckets.filter(bucket => bucketExpiry(bucket) > time)
  }

  async function write<T>(work: () => T): Promise<T> {
    if (closed) throw new CountersUnavailable('they are closed')
    const shortage = reserve.shortage()
    if (shortage) throw new CountersUnavailable(shortage)
    while (held !== undefined) await held
    const written = store.root.childTransaction(work)
    writing.add(written)
    try {
      const result = await written
      failure = null
      return result
    } catch (error) {
      failure = 'the last write to the counters failed'
      // What was marked as seen within it may not be there.
      seenByPartition.clear()
      store.forgetCached()
      throw new CountersUnavailable('the file cannot be written', { cause: error })
    } finally {
      writing.delete(written)
    }
  }

  async function replaceWithout(partitions: ReadonlySet<number>): Promise<void> {
    while (held !== undefined) await held
    let release = () => {}
    held = new Promise(resolve => {
      release = resolve
    })
    try {
      await Promise.allSettled(writing)
      store = await store.without(partitions)
      for (const partition of partitions) seenByPartition.delete(partition)
    } catch (error) {
      throw new CountersUnavailable('the file cannot be replaced', { cause: error })
    } finally {
      held = undefined
      release()
    }
  }

  function read<T>(work: () => T): Promise<T> {
    if (closed) return Promise.reject(new CountersUnavailable('they are closed'))
    try {
      return Promise.resolve(work())
    } catch (error) {
      return Promise.reject(new CountersUnavailable('the file cannot be read', { cause: error }))
    }
  }

  const advanced = (moved: Moved) => {
    for (const listener of listeners) listener.signal(moved)
  }

  return {
    position: partition => read(() => store.position(partition)),

    coverage: () => read(coverage),

    async apply(partition, expected, next, deltas) {
      const time = next.coverage?.horizon ?? now()
      const result = await write(() => {
        const found = store.position(partition)
        if (samePosition(found, next)) return { outcome: 'repeated' as const, found }
        if (!samePosition(found, expected)) return { outcome: 'moved' as const, found }
        const seen = seenIn(partition)
        seen.begin(expected)
        const places = new Map<KeySet, (readonly [BucketKey, string])[]>()
        for (const [bucket, delta] of deltas) {
          if (bucketExpiry(bucket) <= time) continue
          store.add(partition, bucket, delta.add)
          for (const [field, members] of delta.unique) {
            const there = places.get(members)
            if (there) there.push([bucket, field])
            else places.set(members, [[bucket, field]])
          }
        }
        for (const [members, sets] of places) {
          const unseen = seen.takeUnseen(
            sets.map(([bucket, field]) => `${bucket}:${field}`),
            members,
          )
          sets.forEach(([bucket, field], i) => {
            const some = unseen[i] ?? []
            if (some.length > 0) store.addMembers(partition, bucket, field, some)
          })
        }
        store.setPosition(partition, next)
        seen.settle(next)
        if (now() - sweptAt >= SWEEP_EVERY_MS) {
          store.sweep(time, SWEEP_MOST)
          sweptAt = now()
        }
        return { outcome: 'applied' as const, found }
      })
      if (result.outcome === 'moved') throw new PositionMoved(partition, result.found)
      if (result.outcome === 'applied' && listeners.size > 0) advanced(movedBy(deltas))
      return result.outcome
    },

    totals: (buckets, prefixes) =>
      read(() => {
        const totals = new Map<string, number>()
        const groups = new Set(prefixes.map(prefix => prefix.slice(0, GROUP_LENGTH)))
        const add = (field: string, amount: number) => {
          if (prefixes.some(prefix => field.startsWith(prefix))) totals.set(field, (totals.get(field) ?? 0) + amount)
        }
        for (const bucket of kept(buckets)) {
          for (const partition of eachPartition()) {
            for (const group of groups) store.eachField(partition, bucket, group, add)
          }
        }
        return totals
      }),

    uniques: (buckets, fields) =>
      read(() => {
        const present = kept(buckets)
        const estimate = (field: string) => {
          const merged = new HyperLogLog()
          for (const bucket of present) {
            for (const partition of eachPartition()) store.mergeUnique(partition, bucket, field, merged)
          }
          return Math.round(merged.estimate())
        }
        return new Map(fields.map(field => [field, estimate(field)]))
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
      if (some) await replaceWithout(new Set(some))
      else await write(() => store.clear())
      advanced(null)
    },

    async copyTo(target) {
      mkdirSync(target, { recursive: true })
      await store.root.backup(target, true)
    },

    async health() {
      if (closed) return { healthy: false, reason: 'the counters are closed' }
      const trouble = reserve.shortage() ?? failure
      return trouble ? { healthy: false, reason: trouble } : { healthy: true, reason: 'the counters are open' }
    },

    async close() {
      if (closed) return
      closed = true
      for (const listener of listeners) listener.end()
      listeners.clear()
      await store.root.flushed
      await store.root.close()
    },
  }
}
