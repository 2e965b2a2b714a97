import { type Calendar, type CalendarPeriod, type CalendarSpan, type Filter, iso, PERIODS, type PeriodSpan } from '@northstar/catalogue'
import { OTHER } from '@northstar/live-counters'
import type { CohortPoint, MetricAnswer, SeriesPoint } from './answer.ts'
import { largestMembers, listedMembers, membersOf } from './cells.ts'
import type { Query } from './counted.ts'
import type { Cell, CohortKind, CohortRow } from './kind.ts'
import { contextOf, type Measuring } from './measuring.ts'
import type { MetricCatalogue } from './metric-catalogue.ts'
import type { PointInput } from './points.ts'
import type { EarlierPeriod } from './previous.ts'
import { checkSize, unknown } from './question.ts'
import { mapInSlices } from './slices.ts'

export interface CohortDeps {
  readonly catalogue: MetricCatalogue
  readonly calendar: Calendar
  readonly query: Query
  readonly now: () => number
  readonly point: (input: PointInput) => SeriesPoint
}

/** What cohorts are compared with: the one before, the one a year before, or the same one by other filters. */
type CohortComparison = EarlierPeriod | { readonly filters: readonly Filter[] }

type CohortQuestion = Measuring & { readonly compare?: CohortComparison | undefined; readonly limit?: number | undefined }

/** The cohorts that begin in the spans, each followed through the spans after its own, with the whole cohort that it is compared with. */
export async function readCohorts(
  kind: CohortKind,
  asked: CohortQuestion,
  deps: CohortDeps,
): Promise<Pick<MetricAnswer, 'points' | 'others'>> {
  const { metric, spans, filters, period, by, compare, limit } = asked
  const { catalogue, calendar, query, now, point } = deps
  if (period === 'total') {
    const valid = PERIODS.filter(p => p !== 'total')
    throw unknown('unknown_period', 'period of cohorts', 'total', valid, 'period')
  }
  const last = kind.offsets(metric.definition)
  const readCounts = async (run: readonly CalendarSpan[], others = filters): Promise<CohortCounts> => {
    const context = contextOf({ ...asked, filters: others, spans: run }, catalogue, calendar, now())
    return countsOf(await query<CohortRow>(kind.query(metric.definition, context), context.params.values))
  }
  const counts = await readCounts(spans)
  const compared = compare && comparedCohorts(calendar, period, spans, compare)
  const comparedCounts = compared ? await readCounts(compared.run, compared.filters) : counts
  const found = [...counts.keys(), ...comparedCounts.keys()]
  const members = by === undefined ? [null] : membersOf(listedMembers(metric, kind, by, catalogue.plan), found)
  const sized = await mapInSlices(members, member => ({ member, cells: spans.map(span => cellOf(counts.get(member), span, 0)) }))
  const { largest, others } = largestMembers(sized, limit)
  if (others.length > 0)
    for (const one of new Set([counts, comparedCounts])) one.set(OTHER, addedCounts(others.map(({ member }) => one.get(member))))
  const shown = [...largest.map(({ member }) => member), ...(others.length > 0 ? [OTHER] : [])]
  checkSize(shown.length * spans.length * Math.min(spans.length, last + 1))
  const names = await mapInSlices(spans, ({ from }) => (period === 'hour' ? iso(from) : calendar.date(from)))
  const pointOf = ({ member, i, offset }: CohortPlace): CohortPoint => {
    const [cohort, span] = [spans[i] as CalendarSpan, spans[i + offset] as CalendarSpan]
    const previous = compared && { cell: cellOf(comparedCounts.get(member), compared.cohorts[i], offset) }
    const own = by === undefined ? {} : { [by]: member }
    const cell = cellOf(counts.get(member), cohort, offset)
    const { by: dimensions, target, ...rest } = point({ metric, period, span, filters, by: { ...own, offset }, cell, previous })
    const shown = by === undefined ? {} : { by: { [by]: dimensions?.[by] ?? null } }
    // Targets are set for a number of weeks.
    const judged = target && period === 'week' ? { target } : {}
    return { cohort: names[i] ?? '', offset, ...rest, ...judged, ...shown, complete: rest.complete && cohort.whole }
  }
  const points = await mapInSlices(placesOf(shown, spans.length, last), pointOf)
  return { points, ...(others.length > 0 && { others: { members: others.length, together: true } }) }
}

interface CohortPlace {
  readonly member: string | null
  /** The index of the cohort's span. */
  readonly i: number
  readonly offset: number
}

/** Each cohort followed through at most `last` periods after its own, and at most to the end of the spans. */
function* placesOf(members: readonly (string | null)[], spans: number, last: number): Generator<CohortPlace> {
  for (const member of members) {
    for (let i = 0; i < spans; i++) {
      for (let offset = 0; offset <= last && i + offset < spans; offset++) yield { member, i, offset }
    }
  }
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

function cellOf(counts: ReadonlyMap<string, number> | undefined, cohort: PeriodSpan | undefined, offset: number): Cell {
  const size = counts?.get(`${cohort?.from}+0`) ?? 0
  return { value: size > 0 ? (counts?.get(`${cohort?.from}+${offset}`) ?? 0) / size : null, sample: size }
}

/** The cohorts that those of the spans are compared with. */
interface ComparedCohorts {
  /** The periods to measure: they follow each other without gaps. */
  readonly run: readonly CalendarSpan[]
  /** By the question's spans, the first period of each compared cohort. */
  readonly cohorts: readonly PeriodSpan[]
  /** In place of the question's filters. */
  readonly filters?: readonly Filter[]
}

/** Earlier cohorts are whole, and followed through whole periods: those that the question cuts are read again. */
function comparedCohorts(
  calendar: Calendar,
  period: CalendarPeriod,
  spans: readonly CalendarSpan[],
  compare: CohortComparison,
): ComparedCohorts {
  if (typeof compare === 'object') return { run: spans, cohorts: spans, filters: compare.filters }
  const whole = spans.map(span => calendar.periodAt(period, span.from))
  const cohorts = whole.map(span => (compare === 'year' ? calendar.yearBefore(period, span) : calendar.before(period, span)))
  const [first, last] = [cohorts[0], compare === 'year' ? cohorts.at(-1) : whole.at(-1)]
  return { run: first && last ? calendar.spans(period, first.from, last.to) : [], cohorts }
}
