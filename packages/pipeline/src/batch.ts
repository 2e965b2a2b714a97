import type { StoredRecord } from '@northstar/event-log'
import { addRecord, type DuplicateWindow, decodeHead, type RecordHead } from '@northstar/events'

/** A record with its decoded headers and the rows that repeat earlier events, or the reason that it cannot be read. */
export type ReadRecord =
  | {
      readonly outcome: 'ok'
      readonly record: StoredRecord
      readonly head: RecordHead
      /** Row numbers, ascending. */
      readonly repeats: readonly number[]
    }
  | { readonly outcome: 'damaged'; readonly record: StoredRecord; readonly reason: string }

/** Reads records in order. The outcome is a pure function of the log, so that all groups agree. */
export function readRecords(records: readonly StoredRecord[], duplicates: DuplicateWindow): readonly ReadRecord[] {
  return records.map(record => {
    if (record.fault) return { outcome: 'damaged', record, reason: record.fault }
    const head = decodeHead(record.headers)
    if (head.outcome === 'damaged') return { outcome: 'damaged', record, reason: head.reason }
    return { outcome: 'ok', record, head: head.value, repeats: addRecord(duplicates, record.offset, head.value, record.value) }
  })
}
