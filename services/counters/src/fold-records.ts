import { type EventBlock, type EventCheck, readEvents } from '@northstar/events'
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
export function foldRecords(records: readonly ReadRecord[], fold: Fold, check: EventCheck): BatchTally {
  const tally = new BatchTally()
  for (const read of records) {
    const { record } = read
    if (read.outcome === 'damaged') {
      // A damaged record counts as one event, since its number of events is unknown.
      fold.addLedger(record.appendedAt, 'accepted')
      fold.addLedger(record.appendedAt, 'dead_lettered')
      tally.deadLettered++
      continue
    }
    const { head, repeats } = read
    const { count, rejected } = head
    let dead = 0
    if (head.quarantine) dead = count - repeats.length
    else if (repeats.length < count) {
      const events = readEvents(head, record.value, check)
      if (typeof events === 'string') dead = count - repeats.length
      else {
        fold.add(events, repeats)
        countKinds(tally.kinds, events, repeats)
      }
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

function countKinds(kinds: Map<string, number>, { event }: EventBlock, repeats: readonly number[]): void {
  const { keys, indexes } = event
  const counts = new Int32Array(keys.length)
  for (let row = 0; row < indexes.length; row++) (counts[indexes[row] as number] as number)++
  for (const row of repeats) (counts[indexes[row] as number] as number)--
  keys.forEach((kind, index) => {
    const count = counts[index] as number
    if (count > 0) kinds.set(kind, (kinds.get(kind) ?? 0) + count)
  })
}
