import { decodeRow, decodeRows, type Row, type RowCheck, splitLines } from '@northstar/events'
import type { Fold } from '@northstar/live-counters'
import type { ReadRecord } from '@northstar/pipeline'
import type { Metrics } from '@northstar/runtime'

/** The outcomes of a batch's events. */
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

/** Folds records in order. */
export function foldRecords(records: readonly ReadRecord[], fold: Fold, check: RowCheck): BatchTally {
  const tally = new BatchTally()
  for (const read of records) {
    const { record } = read
    if (read.outcome === 'damaged') {
      // A damaged record counts as one event: how many it held cannot be known.
      fold.addLedger(record.appendedAt, 'accepted')
      fold.addLedger(record.appendedAt, 'dead_lettered')
      tally.deadLettered++
      continue
    }
    const { repeats } = read
    const { count, rejected } = read.head
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

/** Every row of a chunk, null where a line cannot be read. */
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
