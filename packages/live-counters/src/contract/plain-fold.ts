import { hashKey, keyText, parseKey, type Row } from '@northstar/events'
import type { Aggregate } from '../aggregate.ts'
import { type BucketKey, bucketKey, bucketStart, finestKept, RESOLUTIONS } from '../buckets.ts'
import { binName, binOf } from '../ddsketch.ts'
import { addLimbs, limbName } from '../exact-sum.ts'
import { aggregateCode, everybodyField } from '../fields.ts'

/** A bucket's fields and sets, with members as texts. */
export interface PlainDelta {
  readonly add: Map<string, number>
  readonly unique: Map<string, Set<string>>
}

/**
 * The buckets of an event: those that were kept at its arrival. The arrival decides, not the clock of the process, so that a later fold of the same
 * log results in the same counters.
 */
export function bucketsOf(timestamp: number, receivedAt: number): readonly BucketKey[] {
  const finest = finestKept(timestamp, receivedAt)
  return finest < 0 ? [] : RESOLUTIONS.slice(finest).map(resolution => bucketKey(resolution, bucketStart(resolution, timestamp)))
}

/** A simple fold with the expected results: row by row, aggregate by aggregate, bucket by bucket. */
export function plainFold(aggregates: readonly Aggregate[], rows: readonly Row[]): Map<BucketKey, PlainDelta> {
  const deltas = new Map<BucketKey, PlainDelta>()
  for (const row of rows) {
    for (const bucket of bucketsOf(row.timestamp, row.received_at)) {
      for (const aggregate of aggregates.filter(one => counts(one, row))) {
        const delta = deltas.get(bucket) ?? { add: new Map(), unique: new Map() }
        deltas.set(bucket, delta)
        addRow(delta, aggregate, row)
      }
    }
  }
  return deltas
}

/** Whether a row counts: by its kind, all filters, and a value of the measured property. */
export function counts(aggregate: Aggregate, row: Row): boolean {
  const { events, of, where } = aggregate
  if (events.length > 0 && !events.includes(row.event)) return false
  if (of !== undefined && (row[of] === undefined || row[of] === '')) return false
  return where.every(({ property, op, values }) => {
    const value = row[property]
    if (value === undefined) return false
    if (op === 'in') return values.includes(value)
    if (op === 'not_in') return !values.includes(value)
    return op === 'at_least' ? Number(value) >= Number(values[0]) : Number(value) <= Number(values[0])
  })
}

function addRow({ add, unique }: PlainDelta, aggregate: Aggregate, row: Row): void {
  const { kind, of = '', by } = aggregate
  const code = aggregateCode(aggregate)
  const member = by === undefined || row[by] === undefined ? '' : `=${row[by]}`
  const increase = (field: string, amount: number) => add.set(field, (add.get(field) ?? 0) + amount)
  if (kind === 'percentiles') {
    increase(`${code}#${binName(binOf(Number(row[of])))}${member}`, 1)
    return
  }
  increase(`${code}${member}`, 1)
  if (kind === 'sum') {
    const limbs = new Map<number, number>()
    addLimbs(limbs, Number(row[of]))
    for (const [limb, amount] of limbs) increase(`${code}#${limbName(limb)}${member}`, amount)
  }
  if (kind === 'unique') {
    const id = String(row[of])
    const key = keyText(parseKey(id) ?? hashKey(id))
    for (const field of [...(by === undefined ? [] : [`${code}${member}`]), everybodyField(aggregate)]) {
      unique.set(field, (unique.get(field) ?? new Set()).add(key))
    }
  }
}
