import { type Calendar, type CalendarSpan, PERIODS } from '@northstar/catalogue'
import type { CohortPoint, SeriesPoint } from './answer.ts'
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
  readonly point: (input: PointInput) => SeriesPoint
}

type CohortQuestion = Omit<Measuring, 'by'> & { readonly compare: boolean }

/** The cohorts that begin in the spans, each followed through the spans after its own; compared with the whole cohort before it. */
export async function readCohorts(kind: CohortKind, asked: CohortQuestion, deps: CohortDeps): Promise<readonly CohortPoint[]> {
  const { metric, spans, filters, period, compare } = asked
  const { catalogue, calendar, query, point } = deps
  if (period === 'total') {
    const valid = PERIODS.filter(p => p !== 'total')
    throw unknown('unknown_period', 'period of cohorts', 'total', valid)
  }
  const last = kind.offsets(metric.definition)
  checkSize(spans.length * Math.min(spans.length, last + 1))
  const usersIn = async (run: readonly CalendarSpan[]) => {
    const context = contextOf({ ...asked, spans: run }, catalogue, calendar)
    const rows = await query<CohortRow>(kind.query(metric.definition, context), context.params.values)
    return new Map(rows.map(row => [`${Number(row.cohort_from)}+${Number(row.offset)}`, Number(row.users)]))
  }
  const users = await usersIn(spans)
  // Previous cohorts are whole, and followed through whole periods: those that the question cuts are read again.
  const whole = compare ? wholePeriods(calendar, period, spans) : []
  const wholeUsers = compare ? await usersIn(whole) : users
  const cellOf = (counts: ReadonlyMap<string, number>, cohort: CalendarSpan | undefined, offset: number): Cell => {
    const size = counts.get(`${cohort?.from}+0`) ?? 0
    return { value: size > 0 ? (counts.get(`${cohort?.from}+${offset}`) ?? 0) / size : null, sample: size }
  }
  return spans.flatMap((cohort, i) =>
    spans.slice(i, i + last + 1).map((span, offset): CohortPoint => {
      const previous = compare ? { cell: cellOf(wholeUsers, whole[i], offset) } : undefined
      const one = point({ metric, period, span, filters, by: { offset }, cell: cellOf(users, cohort, offset), previous })
      const { by: _, ...rest } = one
      const name = period === 'hour' ? new Date(cohort.from).toISOString() : calendar.date(cohort.from)
      return { cohort: name, offset, ...rest, complete: one.complete && cohort.whole }
    }),
  )
}

/** The whole period before the first span, and the whole periods of the spans. */
function wholePeriods(calendar: Calendar, period: CohortQuestion['period'], spans: readonly CalendarSpan[]): readonly CalendarSpan[] {
  if (period === 'total') return []
  const own = spans.map(span => ({ ...calendar.periodAt(period, span.from), whole: true }))
  return own[0] ? [{ ...calendar.before(period, own[0]), whole: true }, ...own] : []
}
