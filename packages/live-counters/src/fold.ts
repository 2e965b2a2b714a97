/**
 * Folds the columns of records into {@link Deltas}: a pure function of the events and the aggregates.
 *
 * An event is counted once, in its finest kept bucket. The coarser buckets are summed from the finer ones once a batch.
 */
import type { EventBlock } from '@northstar/events'
import type { Aggregate } from './aggregate.ts'
import { bucketStart, RESOLUTIONS } from './buckets.ts'
import type { Deltas } from './deltas.ts'
import { aggregateCode, aggregateKey, type LedgerCount, ledgerField } from './fields.ts'
import { compileFilters, type RowFilter } from './filters.ts'
import { createAdmission, type MemberAdmission } from './members.ts'
import { createRecordColumns, type RecordColumns } from './record-columns.ts'
import { rollUp } from './roll-up.ts'
import { createSlots, type Slot } from './slots.ts'
import { type Tally, tallyOf } from './tallies.ts'

export interface Fold {
  /** Counts the events of a record. @param skip rows that do not count, ascending */
  add(events: EventBlock, skip?: readonly number[]): void
  /** Adds to the ledger, by the minute of arrival. */
  addLedger(receivedAt: number, entry: LedgerCount, count?: number): void
  /** Returns the deltas since the last call, and starts with none. */
  take(): Deltas
  /** The arrival of the newest event since the last {@link take}, epoch ms; 0 without events. */
  newest(): number
}

interface Compiled {
  /** The aggregate's index in every slot's tallies. */
  readonly index: number
  readonly filter: RowFilter | null
  readonly newTally: () => Tally
}

const [, MINUTES] = RESOLUTIONS

/** Maximum number of cached event kinds. Kinds are those of the plan, but a log may have others. */
const MAX_CACHED_KINDS = 10_000

/**
 * Creates a fold. Aggregates with the same key are counted once.
 * @param admission decides which members of a breakdown are counted separately in an hour; others count as `(other)`
 * @throws TypeError for an invalid aggregate
 */
export function createFold(aggregates: readonly Aggregate[], admission: MemberAdmission = createAdmission()): Fold {
  const wanted = distinct(aggregates)
  const compiledFor = compileByKind(wanted)
  const slots = createSlots(wanted.length)
  let ledger = new Map<number, Map<string, number>>()

  function countRows(columns: RecordColumns, tallies: Slot['tallies'], kind: string, rows: readonly number[]): void {
    for (const { index, filter, newTally } of compiledFor(kind)) {
      const counted = filter === null ? rows : filter(columns, rows)
      if (counted.length === 0) continue
      const tally = tallies[index] ?? newTally()
      tallies[index] = tally
      tally.add(columns, counted)
    }
  }

  return {
    newest: slots.newest,
    add(events, skip = []) {
      const columns = createRecordColumns(events)
      for (const { tallies, rows } of slots.sort(columns, skip)) {
        columns.kinds.forEach((kind, index) => {
          const own = rows[index]
          if (own !== undefined && own.length > 0) countRows(columns, tallies, kind, own)
        })
        rows.length = 0
      }
    },
    addLedger(receivedAt, entry, count = 1) {
      if (count === 0) return
      const minute = bucketStart(MINUTES, receivedAt)
      const entries = ledger.get(minute) ?? new Map<string, number>()
      ledger.set(minute, entries)
      entries.set(ledgerField(entry), (entries.get(ledgerField(entry)) ?? 0) + count)
    },
    take() {
      const deltas = rollUp(slots.take(), ledger, admission)
      ledger = new Map()
      return deltas
    },
  }
}

/** Returns a function that finds the aggregates of an event kind. */
function compileByKind(aggregates: readonly Aggregate[]): (kind: string) => readonly Compiled[] {
  const all = aggregates.map((aggregate, index) => ({
    events: aggregate.events,
    compiled: { index, filter: compileFilters(aggregate.where), newTally: tallyOf(aggregate) } satisfies Compiled,
  }))
  const byKind = new Map<string, readonly Compiled[]>()
  return kind => {
    const cached = byKind.get(kind)
    if (cached !== undefined) return cached
    const found = all.filter(({ events }) => events.length === 0 || events.includes(kind)).map(({ compiled }) => compiled)
    if (byKind.size < MAX_CACHED_KINDS) byKind.set(kind, found)
    return found
  }
}

function distinct(aggregates: readonly Aggregate[]): readonly Aggregate[] {
  const byKey = new Map(aggregates.map(aggregate => [aggregateKey(aggregate), aggregate]))
  const codes = new Map<string, string>()
  for (const [key, aggregate] of byKey) {
    const code = aggregateCode(aggregate)
    const other = codes.get(code)
    if (other !== undefined) throw new TypeError(`two aggregates share the code ${code}: ${other} and ${key}`)
    codes.set(code, key)
  }
  return [...byKey.values()]
}
