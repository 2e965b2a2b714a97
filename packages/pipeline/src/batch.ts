import type { StoredRecord } from '@northstar/event-log'
import { type DuplicateWindow, decodeHead, type RecordHead, takeRecord } from '@northstar/events'

/** A record as both groups see it: what its headers say and which of its events repeat earlier ones, or why it cannot be read. */
export type ReadRecord =
  | {
      readonly outcome: 'ok'
      readonly record: StoredRecord
      readonly head: RecordHead /** Row numbers, ascending. */
      readonly repeats: readonly number[]
    }
  | { readonly outcome: 'damaged'; readonly record: StoredRecord; readonly reason: string }

/** Reads records in order. The outcome depends on the log alone, so that every group decides alike. */
export function readRecords(records: readonly StoredRecord[], duplicates: DuplicateWindow): readonly ReadRecord[] {
  return records.map(record => {
    if (record.fault) return { outcome: 'damaged', record, reason: record.fault }
    const head = decodeHead(record.headers)
    if (head.outcome === 'damaged') return { outcome: 'damaged', record, reason: head.reason }
    return { outcome: 'ok', record, head: head.value, repeats: takeRecord(duplicates, record.offset, head.value, record.value) }
  })
}
