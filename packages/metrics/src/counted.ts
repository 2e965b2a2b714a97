import type { Filter, PeriodSpan, TrackingPlan } from '@northstar/catalogue'
import { type Aggregate, type LiveCounters, readWindow } from '@northstar/live-counters'
import { dimensionsOf } from './fields.ts'
import type { Cell, CountedKind, Measured, Part } from './kind.ts'
import { Params, type ParamValue } from './params.ts'
import { all, column, conditions, EVENTS, EVENTS_AND_REPEATS, MS, ofEvents, since, spanOf, until } from './sql.ts'

/** Runs a query whose values are all placeholders. */
export type Query = <T>(sql: string, params: Readonly<Record<string, ParamValue>>) => Promise<readonly T[]>

/** A counted metric to be measured. */
export interface CountedRequest {
  readonly kind: CountedKind
  readonly definition: unknown
  readonly plan: TrackingPlan
  /** The metric's own filters. */
  readonly where: readonly Filter[]
  /** The caller's. */
  readonly filters: readonly Filter[]
  readonly by?: string
  /** The breakdowns that the live counters keep for the metric. */
  readonly kept: readonly string[]
  readonly spans: readonly PeriodSpan[]
}

type Member = string | null
/** What each part has come to, by span and member. Parts that are not broken down have the one member null. */
type PartReadings = readonly (readonly ReadonlyMap<Member, Measured>[])[]

const NOTHING: Measured = { total: 0, unique: 0, quantile: () => null }

/** A part with those of the filters that its events can be asked about. */
export function withFilters(part: Part, filters: readonly Filter[], plan: TrackingPlan): Part {
  const known = dimensionsOf(part.events, plan)
  return { ...part, where: [...part.where, ...filters.filter(filter => known.includes(filter.property))] }
}

const splits = (part: Part, by: string | undefined, plan: TrackingPlan) => by !== undefined && dimensionsOf(part.events, plan).includes(by)

/** The aggregates that the live counters keep for a counted metric: one a part and breakdown, or one without where there is none. */
export function aggregatesOf(request: Omit<CountedRequest, 'filters' | 'by' | 'spans'>): readonly Aggregate[] {
  const { kind, definition, plan, where, kept } = request
  return kind.parts(definition).flatMap((part): Aggregate[] => {
    const base = withFilters(part, where, plan)
    const own = kept.filter(property => splits(part, property, plan))
    return own.length === 0 ? [base] : own.map(by => ({ ...base, by }))
  })
}

/** The cells by member and span, from the live counters; null where they cannot tell. */
export async function measureLive(
  request: CountedRequest,
  counters: Pick<LiveCounters, 'totals' | 'uniques'>,
  now: number,
): Promise<Map<Member, Cell[]> | null> {
  const { kind, definition, plan, where, filters, by, kept, spans } = request
  if (filters.length > 1 || (by !== undefined && filters.length > 0)) return null
  const [filter] = filters
  if (filter && (filter.op !== 'in' || filter.values.length !== 1)) return null
  const dimension = by ?? filter?.property
  if (dimension !== undefined && !kept.includes(dimension)) return null
  const parts = kind.parts(definition)
  const aggregates = parts.map((part): Aggregate => {
    const base = withFilters(part, where, plan)
    if (splits(part, dimension, plan)) return { ...base, by: dimension }
    const other = kept.find(property => splits(part, property, plan))
    return other === undefined ? base : { ...base, by: other }
  })
  const perPart: ReadonlyMap<Member, Measured>[][] = parts.map(() => [])
  for (const span of spans) {
    const readings = await readWindow(counters, aggregates, span, now)
    if (!readings) return null
    for (const [i, part] of parts.entries()) {
      const reading = readings[i]
      if (!reading) return null
      const measured = new Map<Member, Measured>()
      if (!splits(part, dimension, plan)) measured.set(null, liveMeasured(reading))
      else if (filter) measured.set(null, liveMeasured(reading.members.get(String(filter.values[0]))))
      else {
        let told = 0
        for (const [member, one] of reading.members) {
          measured.set(member, liveMeasured(one))
          told += one.total
        }
        // Events without the property are a member too, which the live counters do not keep apart.
        if (told !== reading.total) return null
      }
      perPart[i]?.push(measured)
    }
  }
  return combine(request, parts, perPart)
}

const liveMeasured = (
  reading: { total: number; unique: number | null; sketch: { quantile(q: number): number | null } | null } | undefined,
): Measured =>
  reading
    ? { total: reading.total, unique: Math.round(reading.unique ?? 0), quantile: level => reading.sketch?.quantile(level) ?? null }
    : NOTHING

/** The same from the warehouse. */
export async function measureWarehouse(request: CountedRequest, query: Query): Promise<Map<Member, Cell[]>> {
  const { kind, definition, plan, where, filters, by, spans } = request
  const parts = kind.parts(definition)
  const indexes = parts.map((_, i) => i)
  const split = indexes.filter(i => splits(parts[i] as Part, by, plan))
  const whole = indexes.filter(i => !split.includes(i))
  const levels = kind.levels?.(definition) ?? []
  const filtered = parts.map(part => withFilters(part, [...where, ...filters], plan))
  const perPart: Map<Member, Measured>[][] = parts.map(() => spans.map(() => new Map()))
  const place = new Map(spans.map((span, i) => [span.from, i]))
  await Promise.all(
    [split, whole].map(async group => {
      if (group.length === 0) return
      const params = new Params()
      const sql = countingSql(
        group.map(i => filtered[i] as Part),
        group === split ? by : undefined,
        spans,
        levels,
        plan,
        params,
      )
      for (const row of await query<Record<string, unknown>>(sql, params.values)) {
        const at = place.get(Number(row.span))
        // A row in which nothing counted is there for an event that the filters leave out.
        if (at === undefined || group.every((_, i) => Number(row[`n${i}`]) === 0)) continue
        const member = typeof row.member === 'string' ? row.member : null
        group.forEach((part, i) => {
          const quantiles = row[`q${i}`]
          perPart[part]?.[at]?.set(member, {
            total: Number(row[`n${i}`]),
            unique: Number(row[`u${i}`] ?? 0),
            quantile: level => (Array.isArray(quantiles) ? finite(quantiles[levels.indexOf(level)]) : null),
          })
        })
      }
    }),
  )
  return combine(request, parts, perPart)
}

const finite = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null)

function countingSql(
  parts: readonly Part[],
  by: string | undefined,
  spans: readonly PeriodSpan[],
  levels: readonly number[],
  plan: TrackingPlan,
  params: Params,
): string {
  const selected = parts.flatMap((part, i) => {
    const events = parts.length > 1 ? [ofEvents(part.events, params)] : []
    return columnsOf(part, i, [...events, ...(part.where.length > 0 ? [conditions(part.where, plan, params)] : [])], levels)
  })
  const events = parts.some(part => part.events.length === 0) ? [] : [...new Set(parts.flatMap(part => part.events))]
  const member = by === undefined ? '' : `, toString(${column(by)}) AS member`
  return `
    SELECT ${spanOf(MS, spans, params)} AS span${member}, ${selected.join(', ')}
    FROM ${parts.every(part => part.kind === 'unique') ? EVENTS_AND_REPEATS : EVENTS}
    WHERE ${ofEvents(events, params)} AND ${since(spans[0]?.from ?? 0, params)} AND ${until(spans.at(-1)?.to ?? 0, params)}
    GROUP BY span${by === undefined ? '' : ', member'}`
}

/** What a part's `n` (amount), `u` (different ids) and `q` (quantiles) are in SQL. */
function columnsOf(part: Part, i: number, filters: readonly string[], levels: readonly number[]): readonly string[] {
  const of = part.of === undefined ? '' : column(part.of)
  switch (part.kind) {
    case 'count':
      return [`countIf(${all(filters)}) AS n${i}`]
    case 'sum':
      return [`ifNull(sumIf(${of}, ${all(filters)}), 0) AS n${i}`]
    case 'unique': {
      const when = all([...filters, `${of} != ''`])
      return [`countIf(${when}) AS n${i}`, `uniqExactIf(${of}, ${when}) AS u${i}`]
    }
    case 'percentiles': {
      const when = all([...filters, `isNotNull(${of})`])
      return [`countIf(${when}) AS n${i}`, `quantilesExactInclusiveIf(${levels.join(', ')})(${of}, ${when}) AS q${i}`]
    }
  }
}

function combine(
  { kind, definition, by, plan, spans }: CountedRequest,
  parts: readonly Part[],
  readings: PartReadings,
): Map<Member, Cell[]> {
  const split = readings.filter((_, i) => splits(parts[i] as Part, by, plan))
  const members = new Set<Member>(by === undefined ? [null] : split.flatMap(spansOfPart => spansOfPart.flatMap(span => [...span.keys()])))
  const cell = (member: Member, at: number) =>
    kind.value(
      definition,
      parts.map((part, i) => readings[i]?.[at]?.get(splits(part, by, plan) ? member : null) ?? NOTHING),
    )
  return new Map([...members].map(member => [member, spans.map((_, at) => cell(member, at))]))
}
