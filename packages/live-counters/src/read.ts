import type { Aggregate, Window } from './aggregate.ts'
import { pieces } from './buckets.ts'
import { holdsAll } from './coverage.ts'
import { binFromName, DDSketch } from './ddsketch.ts'
import { ExactSum, limbFromName } from './exact-sum.ts'
import { aggregateCode, everybodyField, parseField } from './fields.ts'
import type { LiveCounters } from './port.ts'
import { OTHER } from './tallies.ts'

/** An aggregate over a window: its total, or one member of its breakdown. */
export interface Reading {
  /** Number of events; for `sum` and `percentiles`, of values. */
  readonly count: number
  /** For `sum`: the double nearest to the exact sum. Otherwise null. */
  readonly sum: number | null
  /** For `unique`: the estimated number of different ids. Otherwise null. */
  readonly unique: number | null
  /** For `percentiles`. Otherwise null. */
  readonly sketch: DDSketch | null
}

/** One aggregate's readings. */
export interface Readings extends Reading {
  /** By the value of the property `by`; null for events without the property. Empty without `by`. */
  readonly members: ReadonlyMap<string | null, Reading>
}

/** Maximum number of members in a reading: those with most events. The others are added up under {@link OTHER}. */
const MEMBERS_OF_WINDOW = 1_000

/** The part of the live counters that answers for windows. */
export type WindowSource = Pick<LiveCounters, 'coverage' | 'totals' | 'uniques'>

/**
 * Reads the aggregates over the window, in their order. Returns null if live counters do not hold that window at `now` (see {@link pieces}),
 * if one of the aggregates has not been counted since its start, or if a `unique` aggregate has too many members: estimates do not add up.
 */
export async function readWindow(
  counters: WindowSource,
  aggregates: readonly Aggregate[],
  window: Window,
  now: number,
): Promise<readonly Readings[] | null> {
  const { since, horizon } = await counters.coverage()
  const buckets = pieces(window, Math.max(now, horizon))
  if (!buckets || !holdsAll(since, aggregates, window)) return null
  const codes = aggregates.map(aggregateCode)
  const totals = await counters.totals(buckets, [...new Set(codes)])
  const fieldsOf = new Map<string, [string, number][]>()
  for (const [field, total] of totals) {
    const code = field.slice(0, codes[0]?.length)
    const known = fieldsOf.get(code)
    if (known) known.push([field, total])
    else fieldsOf.set(code, [[field, total]])
  }
  const whole = aggregates.map((aggregate, i) => gather(aggregate, fieldsOf.get(codes[i] ?? '') ?? []))
  const gathered = whole.map(one => cut(one, largestOf(whole.filter(({ by }) => by === one.by))))
  if (gathered.some((one, i) => one !== whole[i] && aggregates[i]?.kind === 'unique')) return null
  const setsOf = gathered.map(({ members }, i): ReadonlyMap<string | null, string> => {
    const code = codes[i] ?? ''
    return new Map(
      aggregates[i]?.kind === 'unique' ? [...members.keys()].map(member => [member, member === null ? code : `${code}=${member}`]) : [],
    )
  })
  const asked = new Set(setsOf.flatMap(sets => [...sets.values()]))
  aggregates.forEach((aggregate, i) => {
    if (aggregate.kind === 'unique' && fieldsOf.has(codes[i] ?? '')) asked.add(everybodyField(aggregate))
  })
  const uniques = asked.size > 0 ? await counters.uniques(buckets, [...asked]) : new Map<string, number>()
  return gathered.map(({ all, members }, i) => {
    const unique = (field: string | undefined) => (field === undefined ? undefined : uniques.get(field))
    return {
      ...all.reading(unique(everybodyField(aggregates[i] as Aggregate))),
      members: new Map([...members].map(([member, one]) => [member, one.reading(unique(setsOf[i]?.get(member)))])),
    }
  })
}

interface Gathered {
  readonly all: Gathering
  readonly by: string | undefined
  readonly members: ReadonlyMap<string | null, Gathering>
}

function gather(aggregate: Aggregate, fields: readonly (readonly [string, number])[]): Gathered {
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
  return { all, by: aggregate.by, members }
}

/** The members with most events in all aggregates of a breakdown; null if there are no more than can be read. */
function largestOf(gathered: readonly Gathered[]): ReadonlySet<string | null> | null {
  const counts = new Map<string | null, number>()
  for (const { members } of gathered) for (const [member, { count }] of members) counts.set(member, (counts.get(member) ?? 0) + count)
  if (counts.size <= MEMBERS_OF_WINDOW) return null
  const ranked = [...counts].sort(([, a], [, b]) => b - a)
  return new Set(ranked.slice(0, MEMBERS_OF_WINDOW).map(([member]) => member))
}

/** Adds the members that are not kept to {@link OTHER}. */
function cut(gathered: Gathered, kept: ReadonlySet<string | null> | null): Gathered {
  if (!kept) return gathered
  const other = new Gathering(gathered.all.aggregate)
  const members = new Map<string | null, Gathering>([[OTHER, other]])
  for (const [member, one] of gathered.members) {
    if (member !== OTHER && kept.has(member)) members.set(member, one)
    else other.merge(one)
  }
  return { ...gathered, members }
}

class Gathering {
  readonly aggregate: Aggregate
  count = 0
  private readonly sketch: DDSketch | null
  private readonly sum: ExactSum | null

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

  merge(other: Gathering): void {
    this.count += other.count
    if (other.sketch) this.sketch?.merge(other.sketch)
    if (other.sum) this.sum?.merge(other.sum)
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
