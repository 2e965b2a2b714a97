import { type Calendar, type CalendarSpan, createCalendar, type Filter, PERIODS, type Period } from '@northstar/catalogue'
import type { WindowSource } from '@northstar/live-counters'
import type { CohortPoint, Member, MetricAnswer, SeriesPoint } from './answer.ts'
import { type Cells, cellsOf, emptyCell, listedMembers, withMembers } from './cells.ts'
import { type CountedRequest, measureLive, type Query } from './counted.ts'
import { MetricQueryError } from './errors.ts'
import type { Cell, CellRow, CohortKind, CohortRow, MetricKind, QueriedKind, QueryContext } from './kind.ts'
import type { Metric, MetricCatalogue } from './metric.ts'
import { Params } from './params.ts'
import { checkSize, filtersOf, type MetricQuestion, spansOf, typedValue, unknown } from './question.ts'
import { metricKinds } from './registry.ts'
import { NO_ROLLUPS, rollupsOf } from './rollups.ts'
import { changeOf, targetAnswer, targetFor } from './status.ts'
import { measureWarehouse } from './stored-counts.ts'

export interface MetricReader {
  readonly calendar: Calendar
  /** Rejects with {@link MetricQueryError}, or with what the stores reject with. */
  read(question: MetricQuestion): Promise<MetricAnswer>
}

export interface MetricReaderDeps {
  readonly catalogue: MetricCatalogue
  readonly counters?: WindowSource
  readonly query: Query
  readonly now: () => number
  /** Percentiles over more values than so many may come from the warehouse's sketches, within 1%. Default 500,000. */
  readonly exactUpTo?: number
}

/** The longest span that is answered by the live counters unasked: all of it has minutes, so any zone's days can be made. */
const LIVE_MS = 48 * 3_600_000

export function createMetricReader({ catalogue, counters, query, now, exactUpTo = 500_000 }: MetricReaderDeps): MetricReader {
  const { plan, product } = catalogue
  const rollups = exactUpTo === Number.POSITIVE_INFINITY ? NO_ROLLUPS : rollupsOf(catalogue)
  const calendar = createCalendar(product)

  const read = async (question: MetricQuestion): Promise<MetricAnswer> => {
    const metric = catalogue.metrics.get(question.metric)
    if (!metric) throw unknown('unknown_metric', 'metric', question.metric, [...catalogue.metrics.keys()])
    const kind = metricKinds.get(metric.kind)
    if (!kind) throw unknown('unknown_metric', 'kind', metric.kind, [...metricKinds.keys()])
    const { period, by } = question
    const spans = spansOf(question, calendar)
    const dimensions = kind.dimensions(metric.definition, plan)
    const breakdowns = kind.filtersOnly ? [] : dimensions
    const intrinsic = kind.source === 'queried' ? kind.intrinsic?.(metric.definition) : undefined
    if (by !== undefined && !breakdowns.includes(by) && by !== intrinsic?.name) {
      throw unknown('unknown_property', 'breakdown', by, [...breakdowns, ...(intrinsic ? [intrinsic.name] : [])])
    }
    const filters = filtersOf(question.where ?? {}, dimensions, plan)
    const before = calendar.before(period, spans[0] ?? { from: question.from, to: question.to })
    const runs = question.compare ? withBefore({ ...before, whole: true }, spans) : [spans]
    const shared = { metric, filters, before, period }
    const head = { metric: metric.name, unit: metric.unit, timezone: product.timezone, period }
    if (kind.source === 'cohorts') {
      if (question.source === 'live') throw notLive(metric)
      return { ...head, source: 'warehouse', points: await cohorts(kind, { ...shared, spans }, runs) }
    }
    const splitBy = by === intrinsic?.name ? undefined : by
    const source = question.source ?? 'auto'
    const measured = await Promise.all(runs.map(run => measure(kind, { ...shared, spans: run, by: splitBy, source })))
    const dimension = intrinsic?.name ?? by
    const members = dimension === undefined ? [null] : (intrinsic?.members ?? listedMembers(metric, kind, by ?? '', plan))
    const parts = measured.map(({ cells }, i) => ({ cells, spans: runs[i]?.length ?? 0 }))
    const cells = withMembers(parts, members, emptyCell(kind, metric))
    checkSize(cells.size * spans.length)
    const skipped = question.compare ? 1 : 0
    const points = spans.flatMap((span, i) =>
      [...cells].map(([member, series]) => {
        const cell = series[i + skipped]
        const last = series[i + skipped - 1]
        const value = dimension === undefined ? undefined : { [dimension]: typedMember(dimension, member) }
        return point({ metric, period, span, filters, by: value, cell, previous: question.compare && { cell: last } })
      }),
    )
    return { ...head, source: measured.every(one => one.source === 'live') ? 'live' : 'warehouse', points }
  }

  interface Measuring {
    readonly metric: Metric
    readonly filters: readonly Filter[]
    readonly before: { readonly from: number; readonly to: number }
    readonly period: Period
    readonly spans: readonly CalendarSpan[]
    readonly by?: string
    readonly source: 'auto' | 'live' | 'warehouse'
  }

  async function measure(kind: Exclude<MetricKind, CohortKind>, asked: Measuring): Promise<{ source: 'live' | 'warehouse'; cells: Cells }> {
    const { metric, filters, spans, by, source } = asked
    if (kind.source === 'queried') {
      if (source === 'live') throw notLive(metric)
      return { source: 'warehouse', cells: await queried(kind, asked) }
    }
    const { definition, where, by: kept } = metric
    const breakdown = by === undefined ? {} : { by, members: listedMembers(metric, kind, by, plan) }
    const request: CountedRequest = { kind, definition, plan, where, filters, kept, spans, ...breakdown }
    const length = (spans.at(-1)?.to ?? 0) - (spans[0]?.from ?? 0)
    if (counters && (source === 'live' || (source === 'auto' && length <= LIVE_MS))) {
      const cells = await measureLive(request, counters, now(), source === 'auto').catch((error: unknown) => {
        // The warehouse knows the same, a little later.
        if (source === 'auto' && error instanceof Error && 'retryable' in error && error.retryable === true) return null
        throw error
      })
      if (cells) return { source: 'live', cells }
    }
    if (source === 'live') throw notLive(metric)
    return { source: 'warehouse', cells: await measureWarehouse(request, { query, rollups, exactUpTo }) }
  }

  const contextOf = ({ metric, filters, before, period, spans, by }: Omit<Measuring, 'source'>): QueryContext => ({
    plan,
    period,
    spans,
    before: spans[0] && spans[0].from <= before.from ? calendar.before(period, spans[0]) : before,
    where: [...metric.where, ...filters],
    unit: metric.unit,
    params: new Params(),
    ...(by !== undefined && { by }),
  })

  async function queried(kind: QueriedKind, asked: Measuring): Promise<Cells> {
    const context = contextOf(asked)
    return cellsOf(kind, await query<CellRow>(kind.query(asked.metric.definition, context), context.params.values), asked.spans)
  }

  /** Before each cohort lies, where that is asked too, the same offset of the one before it. */
  async function cohorts(
    kind: CohortKind,
    asked: Omit<Measuring, 'source' | 'by'>,
    runs: readonly (readonly CalendarSpan[])[],
  ): Promise<readonly CohortPoint[]> {
    if (asked.period === 'total')
      throw unknown(
        'unknown_period',
        'period of cohorts',
        'total',
        PERIODS.filter(p => p !== 'total'),
      )
    const { metric, spans, filters, period } = asked
    // A cohort whose next period was cut off cannot be followed.
    const [all = spans] = runs.length === 1 ? runs : [spans]
    const skipped = all.length - spans.length
    const compared = skipped > 0 || runs.length > 1
    const context = contextOf({ ...asked, spans: all })
    const last = kind.offsets(metric.definition)
    const rows = await query<CohortRow>(kind.query(metric.definition, context), context.params.values)
    const users = new Map(rows.map(row => [`${Number(row.cohort_from)}+${Number(row.offset)}`, Number(row.users)]))
    checkSize(spans.length * Math.min(spans.length, last + 1))
    const cellOf = (cohort: CalendarSpan | undefined, offset: number): Cell => {
      const size = users.get(`${cohort?.from}+0`) ?? 0
      return { value: size > 0 ? (users.get(`${cohort?.from}+${offset}`) ?? 0) / size : null, sample: size }
    }
    return spans.flatMap((cohort, i) =>
      spans.slice(i, i + last + 1).map((span, offset): CohortPoint => {
        const previous = compared && { cell: cellOf(all[i + skipped - 1], offset) }
        const one = point({ metric, period, span, filters, by: { offset }, cell: cellOf(cohort, offset), previous })
        const { by: _, ...rest } = one
        return { cohort: calendar.date(cohort.from), offset, ...rest, complete: one.complete && cohort.whole }
      }),
    )
  }

  function point(given: {
    readonly metric: Metric
    readonly period: Period
    readonly span: CalendarSpan
    readonly filters: readonly Filter[]
    readonly by: Readonly<Record<string, Member>> | undefined
    readonly cell: Cell | undefined
    readonly previous?: { readonly cell: Cell | undefined } | false | undefined
  }): SeriesPoint {
    const { metric, span, by, cell, previous } = given
    // What has not begun cannot have been measured.
    const begun = span.from <= now()
    const value = begun ? (cell?.value ?? null) : null
    const target = targetFor(metric, calendar, product.launch, { period: given.period, span, where: given.filters, ...(by && { by }) })
    const before = previous ? (previous.cell?.value ?? null) : null
    return {
      from: new Date(span.from).toISOString(),
      to: new Date(span.to).toISOString(),
      complete: span.whole && span.to <= now(),
      ...(by && { by }),
      value,
      sample: begun ? (cell?.sample ?? 0) : 0,
      ...(target && { target: targetAnswer(value, target, metric.unit) }),
      previous: before,
      ...(previous && { change: changeOf(value, before, metric.unit) }),
    }
  }

  const typedMember = (property: string, member: string | null): Member => {
    const type = plan.columns.find(c => c.name === property)?.type
    return member === null || type === undefined ? member : typedValue(type, member)
  }

  return { calendar, read }
}

/** The period before and the spans, as one run; as two where the first span was cut, since what lies between belongs to neither. */
const withBefore = (before: CalendarSpan, spans: readonly CalendarSpan[]): readonly (readonly CalendarSpan[])[] =>
  before.to === spans[0]?.from ? [[before, ...spans]] : [[before], spans]

const notLive = (metric: Metric) =>
  new MetricQueryError('not_available', `the live counters cannot tell ${metric.name} over this span; ask the warehouse`)
