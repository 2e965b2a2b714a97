import { pieces } from './buckets.ts'
import { holdsAll } from './coverage.ts'
import { binFromName, DDSketch } from './ddsketch.ts'
import { aggregateCode, everybodyField, parseField } from './fields.ts'
import type { Aggregate, LiveCounters, Window } from './index.ts'

/** What an aggregate has come to over a window, in all or of one member of its breakdown. */
export interface Reading {
  /** `sum`: the sum, in the property's unit. `percentiles`: how many values. `count`, `unique`: how many events. */
  readonly total: number
  /** Of `unique`: how many different ids, estimated. Otherwise null. */
  readonly unique: number | null
  /** Of `percentiles`. Otherwise null. */
  readonly sketch: DDSketch | null
}

/** One aggregate's readings. */
export interface Readings extends Reading {
  /** By the value of the aggregate's `by`; events without the property are in the total alone. */
  readonly members: ReadonlyMap<string, Reading>
}

/** The part of the live counters that answers for windows. */
export type WindowSource = Pick<LiveCounters, 'since' | 'totals' | 'uniques'>

/**
 * The aggregates over the window, in their order; null where live counters cannot give that window at `now` (see {@link pieces}), or do
 * not count one of the aggregates for so long.
 */
export async function readWindow(
  counters: WindowSource,
  aggregates: readonly Aggregate[],
  window: Window,
  now: number,
): Promise<readonly Readings[] | null> {
  const buckets = pieces(window, now)
  if (!buckets) return null
  const codes = aggregates.map(aggregateCode)
  const [since, totals] = await Promise.all([counters.since(), counters.totals(buckets, [...new Set(codes)])])
  if (!holdsAll(since, aggregates, window)) return null
  const fieldsOf = new Map<string, [string, number][]>()
  for (const [field, total] of totals) {
    const code = field.slice(0, codes[0]?.length)
    const there = fieldsOf.get(code)
    if (there) there.push([field, total])
    else fieldsOf.set(code, [[field, total]])
  }
  const sets = new Set<string>()
  aggregates.forEach((aggregate, i) => {
    const code = codes[i] ?? ''
    if (aggregate.kind !== 'unique' || !fieldsOf.has(code)) return
    sets.add(everybodyField(aggregate))
    for (const [field] of fieldsOf.get(code) ?? []) if (parseField(field).member !== undefined) sets.add(field)
  })
  const uniques = sets.size > 0 ? await counters.uniques(buckets, [...sets]) : new Map<string, number>()
  return aggregates.map((aggregate, i) => {
    const code = codes[i] ?? ''
    return readingsOf(aggregate, code, fieldsOf.get(code) ?? [], uniques)
  })
}

function readingsOf(
  aggregate: Aggregate,
  code: string,
  fields: readonly (readonly [string, number])[],
  uniques: ReadonlyMap<string, number>,
): Readings {
  const all = new Gathering(aggregate)
  const members = new Map<string, Gathering>()
  for (const [field, amount] of fields) {
    const { bin, member } = parseField(field)
    all.add(bin, amount)
    if (member === undefined) continue
    const gathering = members.get(member) ?? new Gathering(aggregate)
    members.set(member, gathering)
    gathering.add(bin, amount)
  }
  return {
    ...all.reading(uniques.get(everybodyField(aggregate))),
    members: new Map([...members].map(([member, gathering]) => [member, gathering.reading(uniques.get(`${code}=${member}`))])),
  }
}

class Gathering {
  private readonly aggregate: Aggregate
  private readonly sketch: DDSketch | null
  private amount = 0

  constructor(aggregate: Aggregate) {
    this.aggregate = aggregate
    this.sketch = aggregate.kind === 'percentiles' ? new DDSketch() : null
  }

  add(bin: string | undefined, amount: number): void {
    this.amount += amount
    if (bin !== undefined) this.sketch?.addBin(binFromName(bin), amount)
  }

  reading(unique: number | undefined): Reading {
    return {
      total: this.aggregate.kind === 'sum' ? this.amount / 1_000 : this.amount,
      unique: this.aggregate.kind === 'unique' ? (unique ?? 0) : null,
      sketch: this.sketch,
    }
  }
}
