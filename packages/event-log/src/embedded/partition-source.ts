import type { Signal } from '@northstar/runtime/async'
import type { ClaimSource } from '../claims.ts'
import { type Hole, LogChanged, type PartitionBounds, type StoredRecord } from '../port.ts'

export interface ReadablePartition {
  bounds(): PartitionBounds
  /** Returns undefined for a record that retention has deleted. */
  read(offset: number): StoredRecord | undefined
  /** Notified after records were appended. */
  readonly arrival: Signal
}

/** Reads a partition forwards from an offset. */
export function createPartitionSource({ bounds, read, arrival }: ReadablePartition, offset: number): ClaimSource {
  let position = offset
  let ended = false
  let holes: Hole[] = []
  return {
    take(maxBytes, before, force) {
      const { earliest, next } = bounds()
      const end = Math.min(before, next)
      const records: StoredRecord[] = []
      let bytes = 0
      while (position < end) {
        const record = read(position)
        if (!record) {
          const to = Math.max(position + 1, earliest)
          holes.push({ from: position, to })
          position = to
          continue
        }
        const size = record.value.byteLength
        if (bytes + size > maxBytes && !(force && records.length === 0)) return { records, bytes, full: true }
        records.push(record)
        bytes += size
        position += 1
      }
      return { records, bytes, full: false }
    },
    position: () => position,
    takeHoles() {
      const taken = holes
      holes = []
      return taken
    },
    async more(ms) {
      const { partition, next } = bounds()
      if (position > next) throw new LogChanged(partition, `it ends at ${next}, before offset ${position}`)
      if (!ended) await arrival.wait(ms)
    },
    end() {
      ended = true
      arrival.notify()
    },
  }
}
