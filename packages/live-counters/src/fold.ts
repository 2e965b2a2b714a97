/**
 * From the columns of records to {@link Deltas}: a pure function of the events and the aggregates.
 *
 * An event is counted once, in the finest bucket that is kept for it; the coarser buckets are made from the finer ones once a batch.
 */
import type { EventBlock } from '@northstar/events'
import { type BucketKey, bucketKey, bucketStart, finestKept, isKept, RESOLUTIONS } from './buckets.ts'
import { type BucketDelta, type Deltas, mergeBucketDeltas } from './deltas.ts'
import { aggregateCode, aggregateKey, type LedgerCount, ledgerField } from './fields.ts'
import { compileFilters, type RowFilter } from './filters.ts'
import type { KeySet } from './key-set.ts'
import { createAdmission, type MemberAdmission } from './members.ts'
import type { Aggregate } from './port.ts'
import { createRecordColumns, type RecordColumns } from './record-columns.ts'
import { type Tally, tallyOf } from './tallies.ts'

export interface Fold {
  /** Counts the events of a record. @param skip rows that do not count, ascending */
  add(events: EventBlock, skip?: readonly number[]): void
  /** Counts in the ledger, by the minute of arrival. */
  addLedger(receivedAt: number, entry: LedgerCount, count?: number): void
  /** What was counted since the last call; begins anew. */
  take(): Deltas
  /** When the newest event since the last {@link take} was received, epoch ms; 0 where there was none. */
  newest(): number
}

interface Compiled {
  /** The aggregate's place in every slot. */
  readonly index: number
  readonly meeting: RowFilter | null
  readonly newTally: () => Tally
}

/** One bucket being counted. */
interface Slot {
  /** By the aggregate's index. */
  readonly tallies: (Tally | undefined)[]
  /** The rows of the record that is being counted which fall into the bucket, by the place of their kind. */
  readonly rows: number[][]
}

const [FINEST, MINUTES] = RESOLUTIONS

/** Of one partition: a breakdown over all of them may have several times as many. */
export const MEMBERS_PER_HOUR = 500

/**
 * Aggregates with the same key are counted once.
 * @param membersPerHour how many members of a breakdown are counted apart in an hour; further ones count as `(other)`
 * @throws TypeError for an aggregate that makes no sense
 */
export function createFold(aggregates: readonly Aggregate[], membersPerHour = MEMBERS_PER_HOUR): Fold {
  const admission = createAdmission(membersPerHour)
  const wanted = distinct(aggregates)
  const compiled = wanted.map(
    (aggregate, index): Compiled => ({ index, meeting: compileFilters(aggregate.where), newTally: tallyOf(aggregate) }),
  )
  const applies = (aggregate: Aggregate, event: string) => aggregate.events.length === 0 || aggregate.events.includes(event)
  const byEvent = new Map<string, readonly Compiled[]>()
  const compiledFor = (event: string): readonly Compiled[] => {
    const found = compiled.filter((_, index) => {
      const aggregate = wanted[index]
      return aggregate !== undefined && applies(aggregate, event)
    })
    // Event kinds are the plan's, so this does not grow; it is bounded all the same.
    if (byEvent.size < 10_000) byEvent.set(event, found)
    return found
  }

  let slots: Map<number, Slot>[] = RESOLUTIONS.map(() => new Map())
  let ledger = new Map<number, Map<string, number>>()
  let newest = 0
  let lastStart = Number.NaN
  let lastSlot: Slot | undefined

  const slotOf = (timestamp: number, receivedAt: number): Slot | undefined => {
    const start = bucketStart(FINEST, timestamp)
    const recent = isKept(FINEST, start, receivedAt)
    if (recent && start === lastStart) return lastSlot
    const level = recent ? 0 : finestKept(timestamp, receivedAt)
    const resolution = RESOLUTIONS[level]
    const slotsThere = slots[level]
    if (!resolution || !slotsThere) return undefined
    const begins = bucketStart(resolution, timestamp)
    let slot = slotsThere.get(begins)
    if (!slot) {
      slot = { tallies: new Array<Tally | undefined>(wanted.length), rows: [] }
      slotsThere.set(begins, slot)
    }
    if (recent) {
      lastStart = start
      lastSlot = slot
    }
    return slot
  }

  /** Sorts the rows of a record by bucket and kind. Returns the buckets. */
  const sortRows = ({ rows, kinds, kindOf, timestamps, receivedAt }: RecordColumns, skip: readonly number[]): Set<Slot> => {
    const touched = new Set<Slot>()
    let last: Slot | undefined
    let skipped = 0
    for (let row = 0; row < rows; row++) {
      if (skip[skipped] === row) {
        skipped++
        continue
      }
      const received = receivedAt[row] as number
      if (received > newest) newest = received
      const slot = slotOf(timestamps[row] as number, received)
      if (slot === undefined) continue
      if (slot !== last) {
        touched.add(slot)
        last = slot
        while (slot.rows.length < kinds.length) slot.rows.push([])
      }
      slot.rows[kindOf[row] as number]?.push(row)
    }
    return touched
  }

  const countRows = (columns: RecordColumns, tallies: Slot['tallies'], kind: string, rows: readonly number[]) => {
    for (const { index, meeting, newTally } of byEvent.get(kind) ?? compiledFor(kind)) {
      const counted = meeting === null ? rows : meeting(columns, rows)
      if (counted.length === 0) continue
      const tally = tallies[index] ?? newTally()
      tallies[index] = tally
      tally.add(columns, counted)
    }
  }

  return {
    newest: () => newest,
    add(events, skip = []) {
      const columns = createRecordColumns(events)
      for (const { tallies, rows } of sortRows(columns, skip)) {
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
      const deltas = rollUp(slots, ledger, admission)
      slots = RESOLUTIONS.map(() => new Map())
      ledger = new Map()
      lastStart = Number.NaN
      newest = 0
      return deltas
    },
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

function rollUp(
  slots: readonly Map<number, Slot>[],
  ledger: ReadonlyMap<number, ReadonlyMap<string, number>>,
  admission: MemberAdmission,
): Deltas {
  const deltas = new Map<BucketKey, BucketDelta>()
  let finer = new Map<number, BucketDelta>()
  for (const [level, resolution] of RESOLUTIONS.entries()) {
    const parts = new Map<number, BucketDelta[]>()
    const put = (time: number, part: BucketDelta) => {
      const start = bucketStart(resolution, time)
      const there = parts.get(start)
      if (there) there.push(part)
      else parts.set(start, [part])
    }
    for (const [start, part] of finer) put(start, part)
    for (const [start, slot] of slots[level] ?? []) put(start, written(slot, start, admission))
    if (resolution === MINUTES) for (const [start, entries] of ledger) put(start, { add: entries, unique: new Map() })
    finer = new Map()
    for (const [start, bucketParts] of parts) {
      const [only, ...others] = bucketParts
      const delta = only && others.length === 0 ? only : mergeBucketDeltas(bucketParts)
      finer.set(start, delta)
      if (delta.add.size > 0 || delta.unique.size > 0) deltas.set(bucketKey(resolution, start), delta)
    }
  }
  return deltas
}

function written({ tallies }: Slot, start: number, admission: MemberAdmission): BucketDelta {
  const add = new Map<string, number>()
  const unique = new Map<string, KeySet>()
  for (const tally of tallies) if (tally) tally.write(add, unique, admission.of(tally.by ?? '', start))
  return { add, unique }
}
