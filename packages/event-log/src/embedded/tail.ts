import type { StoredRecord } from '../port.ts'

/** The newest records, kept in memory up to a number of bytes. Readers near the end are served from here, without mapping pages of the file. */
export function createTail(maxBytes: number) {
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
