import { createSignal, type Signal } from '@northstar/runtime/async'
import type { ClaimSource } from '../claims.ts'
import { type Hole, LogChanged, type LogRecord, type PartitionBounds, type StoredRecord } from '../port.ts'
import type { Store } from './store.ts'

export interface Retention {
  readonly maxAgeMs: number
  readonly maxBytes: number
}

/** One partition's records: on disk, and the newest of them in memory for those who read at the end. */
export interface Partition {
  bounds(): PartitionBounds
  /** Starts to write records after the last one; `publish` them once `durable` has resolved. */
  write(records: readonly LogRecord[], now: number): { readonly durable: Promise<unknown>; publish(): void }
  /** Starts to delete what retention does not keep of the records before `kept`, a bounded number at a time. */
  trim(retention: Retention, kept: number, now: number): Promise<unknown>
  /** Whether nothing may be written before a group has processed some of the records from `needed` on. */
  isFull(retention: Retention, needed: number): boolean
  /** The first offset appended at or after `time`; `next` where there is none. */
  offsetAt(time: number): number
  source(offset: number): ClaimSource
  /** Notes that the records on disk were replaced by others, which hold so many bytes. */
  replaced(bytes: number): void
}

const TRIM_AT_ONCE = 2_000

export function createPartition(store: Store, partition: number, tailBytes: number): Partition {
  const found = store.open(partition)
  const arrival: Signal = createSignal()
  const tail = createTail(tailBytes)
  let { earliest, next, bytes, lastAppendedAt } = found

  /** How many bytes the records before an offset take: those of the processed ones, which do not fill the log. */
  let summedTo = earliest
  let summedBytes = 0

  function bytesBefore(offset: number): number {
    if (offset < summedTo) {
      summedTo = earliest
      summedBytes = 0
    }
    for (; summedTo < Math.min(offset, next); summedTo++) summedBytes += store.entry(partition, summedTo)?.bytes ?? 0
    return summedBytes
  }

  function read(offset: number): StoredRecord | undefined {
    return tail.get(offset) ?? store.get(partition, offset)
  }

  return {
    bounds: () => ({ partition, earliest, next }),

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
      while (earliest < Math.min(next, kept) && removing.length < TRIM_AT_ONCE) {
        const entry = store.entry(partition, earliest)
        const keep = entry && bytes <= retention.maxBytes && entry.appendedAt >= now - retention.maxAgeMs
        if (keep) break
        removing.push(store.remove(partition, earliest))
        bytes -= entry?.bytes ?? 0
        if (earliest < summedTo) summedBytes -= entry?.bytes ?? 0
        earliest += 1
      }
      summedTo = Math.max(summedTo, earliest)
      tail.dropBefore(earliest)
      await Promise.all(removing)
    },

    replaced(size) {
      bytes = size
      summedTo = earliest
      summedBytes = 0
      tail.dropBefore(next)
    },

    isFull: (retention, needed) => bytes >= retention.maxBytes && bytes - bytesBefore(needed) >= retention.maxBytes,

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

    source(offset) {
      let position = offset
      let ended = false
      let holes: Hole[] = []
      return {
        take(maxBytes, before, force) {
          const records: StoredRecord[] = []
          let taken = 0
          while (position < Math.min(before, next)) {
            const record = read(position)
            if (!record) {
              const to = Math.max(position + 1, earliest)
              holes.push({ from: position, to })
              position = to
              continue
            }
            const size = record.value.byteLength
            if (taken + size > maxBytes && !(force && records.length === 0)) return { records, bytes: taken, full: true }
            records.push(record)
            taken += size
            position += 1
          }
          return { records, bytes: taken, full: false }
        },
        position: () => position,
        takeHoles() {
          const taken = holes
          holes = []
          return taken
        },
        async more(ms) {
          if (position > next) throw new LogChanged(partition, `it ends at ${next}, before offset ${position}`)
          if (!ended) await arrival.wait(ms)
        },
        end() {
          ended = true
          arrival.notify()
        },
      }
    },
  }
}

/**
 * The newest records, bounded by bytes. Readers at the end are served from here, so that the file's pages need not be
 * mapped into memory to be read.
 */
function createTail(maxBytes: number) {
  let records: StoredRecord[] = []
  let head = 0
  let bytes = 0

  function dropFirst(): void {
    bytes -= records[head]?.value.byteLength ?? 0
    head += 1
    if (head > 1_000 && head * 2 > records.length) {
      records = records.slice(head)
      head = 0
    }
  }

  return {
    add(record: StoredRecord): void {
      records.push(record)
      bytes += record.value.byteLength
      while (bytes > maxBytes && head < records.length) dropFirst()
    },
    get(offset: number): StoredRecord | undefined {
      const first = records[head]
      return first && offset >= first.offset ? records[head + offset - first.offset] : undefined
    },
    dropBefore(offset: number): void {
      for (let first = records[head]; first && first.offset < offset; first = records[head]) dropFirst()
    },
  }
}
