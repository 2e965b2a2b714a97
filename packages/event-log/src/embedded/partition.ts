import { createSignal } from '@northstar/runtime/async'
import type { ClaimSource } from '../claims.ts'
import type { LogRecord, PartitionBounds, StoredRecord } from '../port.ts'
import { createPartitionSource } from './partition-source.ts'
import { createProcessedBytes } from './processed-bytes.ts'
import type { Store } from './store.ts'
import { createTail } from './tail.ts'

export interface Retention {
  readonly maxAgeMs: number
  readonly maxBytes: number
}

/** The records of one partition: all are on disk, the newest also in memory. */
export interface Partition {
  bounds(): PartitionBounds
  /** Starts to write records after the last one. Readers see them once the caller, after `durable` has resolved, calls `publish`. */
  write(records: readonly LogRecord[], now: number): { readonly durable: Promise<unknown>; publish(): void }
  /** Deletes records before offset `kept` that are older than retention or beyond its size, at most {@link MAX_TRIMMED} in a call. */
  trim(retention: Retention, kept: number, now: number): Promise<unknown>
  /** Whether writing must stop until the groups have processed more of the records from `needed` on. */
  isFull(retention: Retention, needed: number): boolean
  /** The first offset appended at or after `time`; `next` if there is none. */
  offsetAt(time: number): number
  source(offset: number): ClaimSource
  /** Must be called after the records on disk were rewritten, with their new total size in bytes. */
  replaced(bytes: number): void
}

const MAX_TRIMMED = 2_000

export function createPartition(store: Store, partition: number, tailBytes: number): Partition {
  const arrival = createSignal()
  const tail = createTail(tailBytes)
  let { earliest, next, bytes, lastAppendedAt } = store.open(partition)
  const processedBytes = createProcessedBytes(store, partition, earliest)

  const bounds = () => ({ partition, earliest, next })
  const read = (offset: number) => tail.get(offset) ?? store.get(partition, offset)

  return {
    bounds,

    write(records, now) {
      const appendedAt = Math.max(now, lastAppendedAt)
      const writing: Promise<unknown>[] = []
      let written = 0
      const stored = records.map((record, index): StoredRecord => {
        const put = store.put(partition, next + index, record, appendedAt)
        writing.push(put.durable)
        written += put.bytes
        return { partition, offset: next + index, appendedAt, value: record.value, headers: record.headers }
      })
      writing.push(store.putNext(partition, next + records.length))
      return {
        durable: Promise.all(writing),
        publish() {
          next += stored.length
          bytes += written
          lastAppendedAt = appendedAt
          for (const record of stored) tail.add(record)
          arrival.notify()
        },
      }
    },

    async trim(retention, kept, now) {
      const removing: Promise<unknown>[] = []
      while (earliest < Math.min(next, kept) && removing.length < MAX_TRIMMED) {
        const entry = store.entry(partition, earliest)
        const keep = entry && bytes <= retention.maxBytes && entry.appendedAt >= now - retention.maxAgeMs
        if (keep) break
        removing.push(store.remove(partition, earliest))
        bytes -= entry?.bytes ?? 0
        processedBytes.removed(earliest, entry?.bytes ?? 0)
        earliest += 1
      }
      tail.dropBefore(earliest)
      await Promise.all(removing)
    },

    replaced(size) {
      bytes = size
      processedBytes.restart(earliest)
      tail.dropBefore(next)
    },

    // Records that every group has processed are not counted: trimming deletes them.
    isFull: ({ maxBytes }, needed) => bytes >= maxBytes && bytes - processedBytes.before(needed, earliest, next) >= maxBytes,

    offsetAt(time) {
      let low = earliest
      let high = next
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        const entry = store.entry(partition, middle)
        if (entry && entry.appendedAt >= time) high = middle
        else low = middle + 1
      }
      return low
    },

    source: offset => createPartitionSource({ bounds, read, arrival }, offset),
  }
}
