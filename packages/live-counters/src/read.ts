import { pieces } from './buckets.ts'
import { holdsAll } from './coverage.ts'
import { binFromName, DDSketch } from './ddsketch.ts'
import { ExactSum, limbFromName } from './exact-sum.ts'
import { aggregateCode, everybodyField, parseField } from './fields.ts'
import type { Aggregate, LiveCounters, Window } from './index.ts'

/** An aggregate over a window, in all or of one member of its breakdown. */
export interface Reading {
  /** Events; of `sum` and `percentiles` the values. */
  readonly count: number
  /** Of `sum`: the double nearest to the exact sum. Otherwise null. */
  readonly sum: number | null
  /** Of `unique`: how many different ids, estimated. Otherwise null. */
  readonly unique: number | null
  /** Of `percentiles`. Otherwise null. */
  readonly sketch: DDSketch | null
}

/** One aggregate's readings. */
export interface Readings extends Reading {
  /** By the value of the aggregate's `by`; null for events without the property. Empty without `by`. */
  readonly members: ReadonlyMap<string | null, Reading>
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
    if (aggregate.by !== undefined) for (const [field] of fieldsOf.get(code) ?? []) sets.add(field)
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
  const members = new Map<string | null, Gathering>()
  for (const [field, amount] of fields) {
    const { bin, member = null } = parseField(field)
    all.add(bin, amount)
    if (aggregate.by === undefined) continue
    const gathering = members.get(member) ?? new Gathering(aggregate)
    members.set(member, gathering)
    gathering.add(bin, amount)
  }
  const setOf = (member: string | null) => (member === null ? code : `${code}=${member}`)
  return {
    ...all.reading(uniques.get(everybodyField(aggregate))),
    members: new Map([...members].map(([member, gathering]) => [member, gathering.reading(uniques.get(setOf(member)))])),
  }
}

class Gathering {
  private readonly aggregate: Aggregate
  private readonly sketch: DDSketch | null
  private readonly sum: ExactSum | null
  private count = 0

  constructor(aggregate: Aggregate) {
    this.aggregate = aggregate
    this.sketch = aggregate.kind === 'percentiles' ? new DDSketch() : null
    this.sum = aggregate.kind === 'sum' ? new ExactSum() : null
  }

  add(bin: string | undefined, amount: number): void {
    if (bin === undefined || this.sketch) this.count += amount
    if (bin === undefined) return
    this.sketch?.addBin(binFromName(bin), amount)
    this.sum?.addLimb(limbFromName(bin), amount)
  }

  reading(unique: number | undefined): Reading {
    return {
      count: this.count,
      sum: this.sum?.value() ?? null,
      unique: this.aggregate.kind === 'unique' ? (unique ?? 0) : null,
      sketch: this.sketch,
    }
  }
}
