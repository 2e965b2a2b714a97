import type { StoredRecord } from '@northstar/event-log'
import { type DuplicateWindow, decodeHead, decodeRow, decodeRows, type Row, type RowCheck, splitLines, takeRecord } from '@northstar/events'
import type { Fold } from '@northstar/live-counters'
import type { Metrics } from '@northstar/runtime'

/** What became of a batch's events. */
export class BatchTally {
  duplicates = 0
  deadLettered = 0
  readonly kinds = new Map<string, number>()

  report(metrics: Metrics, group: string): void {
    let stored = 0
    for (const [kind, count] of this.kinds) {
      metrics.countEvents(kind, count)
      stored += count
    }
    metrics.eventsProcessed.inc({ group, outcome: 'stored' }, stored)
    metrics.eventsProcessed.inc({ group, outcome: 'duplicate' }, this.duplicates)
    metrics.eventsProcessed.inc({ group, outcome: 'dead_lettered' }, this.deadLettered)
    metrics.batchEvents.set({ group }, stored + this.duplicates + this.deadLettered)
  }
}

/** Folds records in order. What is a repeat and what cannot be read is decided by the log alone, as in every other group. */
export function foldRecords(records: readonly StoredRecord[], duplicates: DuplicateWindow, fold: Fold, check: RowCheck): BatchTally {
  const tally = new BatchTally()
  for (const record of records) {
    const head = decodeHead(record.headers)
    if (head.outcome === 'damaged') {
      // How many events it held cannot be known: it counts as one.
      fold.addLedger(record.appendedAt, 'accepted')
      fold.addLedger(record.appendedAt, 'dead_lettered')
      tally.deadLettered++
      continue
    }
    const { count, ids, rejected } = head.value
    const repeats = takeRecord(duplicates, record.offset, ids)
    let next = 0
    let dead = 0
    for (const [index, row] of rowsOf(record.value, count).entries()) {
      if (repeats[next] === index) {
        next++
        continue
      }
      if (row === null || check(row) !== null) {
        dead++
        continue
      }
      fold.add(row)
      tally.kinds.set(row.event, (tally.kinds.get(row.event) ?? 0) + 1)
    }
    fold.addLedger(record.appendedAt, 'accepted', count)
    fold.addLedger(record.appendedAt, 'duplicates', repeats.length)
    fold.addLedger(record.appendedAt, 'dead_lettered', dead)
    for (const [code, refused] of Object.entries(rejected ?? {})) {
      fold.addLedger(record.appendedAt, 'rejected', refused)
      fold.addLedger(record.appendedAt, `rejected:${code}`, refused)
    }
    tally.duplicates += repeats.length
    tally.deadLettered += dead
  }
  return tally
}

/** Every row of a chunk in its place; null where a line cannot be read. */
function rowsOf(value: Uint8Array, count: number): readonly (Row | null)[] {
  const rows = decodeRows(value, count)
  if (rows.outcome === 'ok') return rows.value
  const lines = splitLines(value, count)
  if (lines.outcome === 'damaged') return new Array<null>(count).fill(null)
  return lines.value.map(line => {
    const row = decodeRow(line)
    return row.outcome === 'ok' ? row.value : null
  })
}
