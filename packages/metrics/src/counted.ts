import type { Filter, PeriodSpan, TrackingPlan } from '@northstar/catalogue'
import { type Aggregate, OTHER, type Reading, readWindow, type WindowSource } from '@northstar/live-counters'
import type { Cells } from './cells.ts'
import { splits } from './counting-sql.ts'
import { dimensionsOf } from './fields.ts'
import type { CountedKind, Measured, Part } from './kind.ts'
import type { ParamValue } from './params.ts'

/** Runs a query whose values are all placeholders. */
export type Query = <T>(sql: string, params: Readonly<Record<string, ParamValue>>) => Promise<readonly T[]>

/** A request to measure a counted metric. */
export interface CountedRequest {
  readonly kind: CountedKind
  readonly definition: unknown
  readonly plan: TrackingPlan
  /** The metric's own filters. */
  readonly where: readonly Filter[]
  /** The question's filters. */
  readonly filters: readonly Filter[]
  readonly by?: string
  /** The breakdowns that the live counters keep for the metric. */
  readonly kept: readonly string[]
  readonly spans: readonly PeriodSpan[]
}

/** A member of a breakdown as text; null for events without the property. */
export type Member = string | null
/** The readings of each part by span and member. Parts that are not broken down have the single member null. */
type PartReadings = readonly (readonly ReadonlyMap<Member, Measured>[])[]

/** An aggregate of no events. */
export const NOTHING: Measured = { count: 0, sum: 0, unique: 0, quantile: () => null }

/** A part with the filters whose properties its events declare. */
export function withFilters(part: Part, filters: readonly Filter[], plan: TrackingPlan): Part {
  const known = dimensionsOf(part.events, plan)
  return { ...part, where: [...part.where, ...filters.filter(filter => known.includes(filter.property))] }
}

/** The aggregates that the live counters keep for a counted metric: one for each part and breakdown, or one without a breakdown. */
export function aggregatesOf(request: Omit<CountedRequest, 'filters' | 'by' | 'spans'>): readonly Aggregate[] {
  const { kind, definition, plan, where, kept } = request
  return kind.parts(definition).flatMap((part): Aggregate[] => {
    const base = withFilters(part, where, plan)
    const own = kept.filter(property => splits(part, property, plan))
    return own.length === 0 ? [base] : own.map(by => ({ ...base, by }))
  })
}

/**
 * Reads the cells from the live counters; null if they cannot answer.
 * @param separated null also if members beyond the counters' limit were counted together: the warehouse has the largest ones
 */
export async function measureLive(request: CountedRequest, counters: WindowSource, now: number, separated: boolean): Promise<Cells | null> {
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
      if (!reading || (separated && reading.members.has(OTHER) && splits(part, dimension, plan))) return null
      const measured = new Map<Member, Measured>()
      if (!splits(part, dimension, plan)) measured.set(null, liveMeasured(reading))
      else if (filter) measured.set(null, liveMeasured(reading.members.get(String(filter.values[0]))))
      else for (const [member, one] of reading.members) measured.set(member, liveMeasured(one))
      perPart[i]?.push(measured)
    }
  }
  return combine(request, parts, perPart)
}

const liveMeasured = (reading: Reading | undefined): Measured =>
  reading
    ? {
        count: reading.count,
        sum: reading.sum ?? 0,
        unique: Math.round(reading.unique ?? 0),
        quantile: level => reading.sketch?.quantile(level) ?? null,
      }
    : NOTHING

/** Computes the cells of a counted metric from its parts' readings. */
export function combine({ kind, definition, by, plan, spans }: CountedRequest, parts: readonly Part[], readings: PartReadings): Cells {
  const isSplit = parts.map(part => splits(part, by, plan))
  const found = readings.filter((_, i) => isSplit[i]).flatMap(spansOfPart => spansOfPart.flatMap(span => [...span.keys()]))
  const cells = (read: (readings: ReadonlyMap<Member, Measured>) => Measured | undefined) =>
    spans.map((_, at) =>
      kind.value(
        definition,
        parts.map((_part, i) => (isSplit[i] ? read(readings[i]?.[at] ?? new Map()) : readings[i]?.[at]?.get(null)) ?? NOTHING),
      ),
    )
  return {
    members: by === undefined ? [null] : [...new Set(found)],
    of: member => cells(own => own.get(member)),
    ...(parts.every((part, i) => !isSplit[i] || part.kind === 'count' || part.kind === 'sum') && {
      together: members => cells(own => added(members.flatMap(member => own.get(member) ?? []))),
    }),
  }
}

const added = (all: readonly Measured[]): Measured => ({
  ...NOTHING,
  count: all.reduce((sum, one) => sum + one.count, 0),
  sum: all.reduce((sum, one) => sum + one.sum, 0),
})
