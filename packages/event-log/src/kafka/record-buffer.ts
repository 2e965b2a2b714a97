import type { Taken } from '../gather.ts'
import type { StoredRecord } from '../port.ts'

/** Records that were fetched but not yet taken. */
export function createRecordBuffer() {
  let records: readonly StoredRecord[] = []
  let head = 0
  let bufferedBytes = 0

  return {
    bytes: () => bufferedBytes,
    isEmpty: () => head === records.length,
    /** Undefined if the buffer is empty. */
    firstOffset: () => records[head]?.offset,

    add(added: readonly StoredRecord[]): void {
      records = head === records.length ? added : records.slice(head).concat(added)
      head = 0
      for (const record of added) bufferedBytes += record.value.byteLength
    },

    /** Implements `RecordSource.take`. */
    take(maxBytes: number, before: number, force: boolean): Taken {
      const from = head
      let bytes = 0
      let full = false
      for (let record = records[head]; record && record.offset < before; record = records[head]) {
        const size = record.value.byteLength
        if (bytes + size > maxBytes && !(force && head === from)) {
          full = true
          break
        }
        bytes += size
        head += 1
      }
      const taken = records.slice(from, head)
      if (head === records.length) {
        records = []
        head = 0
      }
      bufferedBytes -= bytes
      return { records: taken, bytes, full }
    },
  }
}
