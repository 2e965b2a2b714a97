import { type Calendar, type CalendarSpan, PERIODS } from '@northstar/catalogue'
import { OTHER } from '@northstar/live-counters'
import type { CohortPoint, MetricAnswer, SeriesPoint } from './answer.ts'
import { largestMembers, listedMembers, membersOf } from './cells.ts'
import type { Query } from './counted.ts'
import type { Cell, CohortKind, CohortRow } from './kind.ts'
import { contextOf, type Measuring } from './measuring.ts'
import type { MetricCatalogue } from './metric.ts'
import type { PointInput } from './points.ts'
import { checkSize, unknown } from './question.ts'

export interface CohortDeps {
  readonly catalogue: MetricCatalogue
  readonly calendar: Calendar
  readonly query: Query
  readonly now: () => number
  readonly point: (input: PointInput) => SeriesPoint
}

type CohortQuestion = Measuring & { readonly compare: boolean; readonly limit?: number | undefined }

/** The cohorts that begin in the spans, each followed through the spans after its own; compared with the whole cohort before it. */
export async function readCohorts(
  kind: CohortKind,
  asked: CohortQuestion,
  deps: CohortDeps,
): Promise<Pick<MetricAnswer, 'points' | 'others'>> {
  const { metric, spans, filters, period, by, compare, limit } = asked
  const { catalogue, calendar, query, now, point } = deps
  if (period === 'total') {
    const valid = PERIODS.filter(p => p !== 'total')
    throw unknown('unknown_period', 'period of cohorts', 'total', valid)
  }
  const last = kind.offsets(metric.definition)
  const readCounts = async (run: readonly CalendarSpan[]): Promise<CohortCounts> => {
    const context = contextOf({ ...asked, spans: run }, catalogue, calendar, now())
    return countsOf(await query<CohortRow>(kind.query(metric.definition, context), context.params.values))
  }
  const counts = await readCounts(spans)
  // Previous cohorts are whole, and followed through whole periods: those that the question cuts are read again.
  const whole = compare ? wholePeriods(calendar, period, spans) : []
  const wholeCounts = compare ? await readCounts(whole) : counts
  const found = [...counts.keys(), ...wholeCounts.keys()]
  const members = by === undefined ? [null] : membersOf(listedMembers(metric, kind, by, catalogue.plan), found)
  const sized = members.map(member => ({ member, cells: spans.map(span => cellOf(counts.get(member), span, 0)) }))
  const { largest, others } = largestMembers(sized, limit)
  if (others.length > 0)
    for (const one of new Set([counts, wholeCounts])) one.set(OTHER, addedCounts(others.map(({ member }) => one.get(member))))
  const shown = [...largest.map(({ member }) => member), ...(others.length > 0 ? [OTHER] : [])]
  checkSize(shown.length * spans.length * Math.min(spans.length, last + 1))
  const pointOf = (member: string | null, i: number, offset: number): CohortPoint => {
    const [cohort, span] = [spans[i] as CalendarSpan, spans[i + offset] as CalendarSpan]
    const previous = compare ? { cell: cellOf(wholeCounts.get(member), whole[i], offset) } : undefined
    const own = by === undefined ? {} : { [by]: member }
    const cell = cellOf(counts.get(member), cohort, offset)
    const { by: dimensions, ...rest } = point({ metric, period, span, filters, by: { ...own, offset }, cell, previous })
    const name = period === 'hour' ? new Date(cohort.from).toISOString() : calendar.date(cohort.from)
    const shown = by === undefined ? {} : { by: { [by]: dimensions?.[by] ?? null } }
    return { cohort: name, offset, ...rest, ...shown, complete: rest.complete && cohort.whole }
  }
  const points = shown.flatMap(member =>
    spans.flatMap((_, i) => spans.slice(i, i + last + 1).map((_span, offset) => pointOf(member, i, offset))),
  )
  return { points, ...(others.length > 0 && { others: { members: others.length, together: true } }) }
}

/** By member, then by `cohort+offset`. */
type CohortCounts = Map<string | null, ReadonlyMap<string, number>>

function countsOf(rows: readonly CohortRow[]): CohortCounts {
  const counts = new Map<string | null, Map<string, number>>()
  for (const { cohort_from, offset, member = null, users } of rows) {
    const own = counts.get(member) ?? new Map<string, number>()
    counts.set(member, own.set(`${Number(cohort_from)}+${Number(offset)}`, Number(users)))
  }
  return counts
}

/** The counts of several members: a user belongs to one, so they add up. */
function addedCounts(all: readonly (ReadonlyMap<string, number> | undefined)[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const counts of all) for (const [place, users] of counts ?? []) sums.set(place, (sums.get(place) ?? 0) + users)
  return sums
}

function cellOf(counts: ReadonlyMap<string, number> | undefined, cohort: CalendarSpan | undefined, offset: number): Cell {
  const size = counts?.get(`${cohort?.from}+0`) ?? 0
  return { value: size > 0 ? (counts?.get(`${cohort?.from}+${offset}`) ?? 0) / size : null, sample: size }
}

/** The whole period before the first span, and the whole periods of the spans. */
function wholePeriods(calendar: Calendar, period: CohortQuestion['period'], spans: readonly CalendarSpan[]): readonly CalendarSpan[] {
  if (period === 'total') return []
  const own = spans.map(span => ({ ...calendar.periodAt(period, span.from), whole: true }))
  return own[0] ? [{ ...calendar.before(period, own[0]), whole: true }, ...own] : []
}
