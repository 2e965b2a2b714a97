import {
  type Calendar,
  type CalendarSpan,
  type Catalogue,
  createCalendar,
  type Filter,
  filterMistake,
  type Metric,
  nearest,
  PERIODS,
  type Period,
  type Property,
  SHORTEST_MS,
} from '@northstar/catalogue'
import type { LiveCounters } from '@northstar/live-counters'
import type { CohortPoint, Member, MetricAnswer, SeriesPoint } from './answer.ts'
import { type CountedRequest, measureLive, measureWarehouse, type Query } from './counted.ts'
import { MetricQueryError } from './errors.ts'
import type { Cell, CellRow, CohortKind, CohortRow, MetricKind, QueriedKind, QueryContext } from './kind.ts'
import { Params } from './params.ts'
import { metricKinds } from './registry.ts'
import { changeOf, targetAnswer, targetFor } from './status.ts'

/** A question about one metric. */
export interface MetricQuestion {
  readonly metric: string
  /** Epoch ms, `to` excluded. */
  readonly from: number
  readonly to: number
  readonly period: Period
  /** One value for each value of this property. */
  readonly by?: string
  /** Filters by property: any of the values, as text or as they are. */
  readonly where?: Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>
  readonly compare?: 'previous'
  /**
   * Default `auto`: live for spans of up to 48 hours in all that are made of buckets still kept, else the warehouse. `live`
   * rejects with `not_available` where the live counters cannot tell.
   */
  readonly source?: 'auto' | 'live' | 'warehouse'
}

export interface MetricReader {
  readonly calendar: Calendar
  /** Rejects with {@link MetricQueryError}, or with what the stores reject with. */
  read(question: MetricQuestion): Promise<MetricAnswer>
}

export interface MetricReaderDeps {
  readonly catalogue: Catalogue
  readonly counters?: Pick<LiveCounters, 'totals' | 'uniques'>
  readonly query: Query
  readonly now: () => number
}

/** The longest span that is answered by the live counters unasked: all of it has minutes, so any zone's days can be made. */
const LIVE_MS = 48 * 3_600_000
const MAX_POINTS = 20_000

export function createMetricReader({ catalogue, counters, query, now }: MetricReaderDeps): MetricReader {
  const { plan, product } = catalogue
  const calendar = createCalendar(product)

  const read = async (question: MetricQuestion): Promise<MetricAnswer> => {
    const metric = catalogue.metrics.get(question.metric)
    if (!metric) throw unknown('unknown_metric', 'metric', question.metric, [...catalogue.metrics.keys()])
    const kind = metricKinds.get(metric.kind)
    if (!kind) throw unknown('unknown_metric', 'kind', metric.kind, [...metricKinds.keys()])
    const { period, by } = question
    const spans = spansOf(question)
    const dimensions = kind.dimensions(metric.definition, plan)
    const breakdowns = kind.filtersOnly ? [] : dimensions
    const intrinsic = kind.source === 'queried' ? kind.intrinsic?.(metric.definition) : undefined
    if (by !== undefined && !breakdowns.includes(by) && by !== intrinsic?.name) {
      throw unknown('unknown_property', 'breakdown', by, [...breakdowns, ...(intrinsic ? [intrinsic.name] : [])])
    }
    const filters = filtersOf(question.where ?? {}, dimensions)
    const before = calendar.before(period, spans[0] ?? { from: question.from, to: question.to })
    const compared: readonly CalendarSpan[] = question.compare ? [{ ...before, whole: true }, ...gap(before.to, spans), ...spans] : spans
    const shared = { metric, filters, before, period }
    const head = { metric: metric.name, unit: metric.unit, timezone: product.timezone, period }
    if (kind.source === 'cohorts') {
      if (question.source === 'live') throw notLive(metric)
      return { ...head, source: 'warehouse', points: await cohorts(kind, { ...shared, spans }) }
    }
    const splitBy = by === intrinsic?.name ? undefined : by
    const measured = await measure(kind, { ...shared, spans: compared, by: splitBy, source: question.source ?? 'auto' })
    const dimension = intrinsic?.name ?? by
    const members = dimension === undefined ? [null] : (intrinsic?.members ?? membersOf(metric, kind, by ?? ''))
    const cells = withMembers(measured.cells, members, compared.length, emptyCell(kind, metric))
    if (cells.size * spans.length > MAX_POINTS) throw tooMuch(cells.size * spans.length)
    const skipped = compared.length - spans.length
    const points = spans.flatMap((span, i) =>
      [...cells].map(([member, series]) => {
        const cell = series[i + skipped]
        const last = i === 0 ? series[0] : series[i + skipped - 1]
        const value = dimension === undefined ? undefined : { [dimension]: typedMember(dimension, member) }
        return point({ metric, period, span, filters, by: value, cell, previous: question.compare && { cell: last } })
      }),
    )
    return { ...head, source: measured.source, points }
  }

  function spansOf({ period, from, to }: MetricQuestion): readonly CalendarSpan[] {
    if (!PERIODS.includes(period)) throw unknown('unknown_period', 'period', period, PERIODS)
    if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from >= to) {
      throw new MetricQueryError('bad_range', '`from` must be before `to`')
    }
    const most = period === 'total' ? 1 : (to - from) / SHORTEST_MS[period]
    if (most > MAX_POINTS) throw tooMuch(Math.ceil(most))
    return calendar.spans(period, from, to)
  }

  function filtersOf(where: NonNullable<MetricQuestion['where']>, dimensions: readonly string[]): readonly Filter[] {
    return Object.entries(where).map(([property, given]) => {
      if (!dimensions.includes(property)) throw unknown('unknown_property', 'property', property, dimensions)
      const type = plan.columns.find(c => c.name === property)?.type ?? 'string'
      const texts = Array.isArray(given) ? given : [given]
      const filter: Filter = { property, op: 'in', values: texts.map(text => typedValue(type, text)) }
      const mistakes = declarations(property).map(declared => filterMistake(filter, declared))
      const mistake = mistakes.every(m => m !== undefined) ? mistakes[0] : undefined
      if (mistake) throw new MetricQueryError('unknown_value', mistake.message, hints(String(texts[0]), mistake.valid))
      return filter
    })
  }

  const declarations = (property: string): readonly Property[] =>
    [...plan.events.values()].flatMap(kind => kind.properties.get(property) ?? [])

  /** The members that an answer has whether or not there were events: those that the plan lists and the definition lets in. */
  function membersOf(metric: Metric, kind: Exclude<MetricKind, CohortKind>, by: string): readonly string[] {
    const parts = kind.source === 'counted' ? kind.parts(metric.definition) : []
    const [leading] = parts
    const events = leading?.events ?? []
    const declared = declarations(by)
    const lists = declared.map(property => property.values)
    // Kinds with a query of their own do not say which events they read, so only a list that all share counts.
    const own = events.length > 0 ? events.map(name => plan.events.get(name)?.properties.get(by)?.values) : lists
    if (own.length === 0 || own.some(values => values === undefined)) return []
    const filters = [...metric.where, ...(leading?.where ?? [])].filter(filter => filter.property === by)
    return [...new Set(own.flatMap(values => values ?? []))].filter(value =>
      filters.every(({ op, values }) => (op === 'in' ? values.includes(value) : op === 'not_in' ? !values.includes(value) : true)),
    )
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

  async function measure(
    kind: Exclude<MetricKind, CohortKind>,
    asked: Measuring,
  ): Promise<{ source: 'live' | 'warehouse'; cells: Map<string | null, Cell[]> }> {
    const { metric, filters, spans, by, source } = asked
    if (kind.source === 'queried') {
      if (source === 'live') throw notLive(metric)
      return { source: 'warehouse', cells: await queried(kind, asked) }
    }
    const { definition, where, by: kept } = metric
    const request: CountedRequest = { kind, definition, plan, where, filters, kept, spans, ...(by !== undefined && { by }) }
    const length = (spans.at(-1)?.to ?? 0) - (spans[0]?.from ?? 0)
    if (counters && (source === 'live' || (source === 'auto' && length <= LIVE_MS))) {
      const cells = await measureLive(request, counters, now()).catch((error: unknown) => {
        // The warehouse knows the same, a little later.
        if (source === 'auto' && error instanceof Error && 'retryable' in error && error.retryable === true) return null
        throw error
      })
      if (cells) return { source: 'live', cells }
    }
    if (source === 'live') throw notLive(metric)
    return { source: 'warehouse', cells: await measureWarehouse(request, query) }
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

  async function queried(kind: QueriedKind, asked: Measuring): Promise<Map<string | null, Cell[]>> {
    const context = contextOf(asked)
    const rows = await query<CellRow>(kind.query(asked.metric.definition, context), context.params.values)
    const { spans } = asked
    const place = new Map(spans.map((span, i) => [span.from, i]))
    const byMember = new Map<string | null, (Cell | undefined)[]>()
    for (const row of rows) {
      const member = row.member ?? null
      const series = byMember.get(member) ?? new Array<Cell | undefined>(spans.length + 1).fill(undefined)
      byMember.set(member, series)
      const at = Number(row.span) < 0 ? -1 : place.get(Number(row.span))
      if (at !== undefined) series[at + 1] = { value: row.value === null ? null : Number(row.value), sample: Number(row.sample) }
    }
    return new Map([...byMember].map(([member, series]) => [member, filled(kind, series).slice(1)]))
  }

  async function cohorts(kind: CohortKind, asked: Omit<Measuring, 'source' | 'by'>): Promise<readonly CohortPoint[]> {
    if (asked.period === 'total')
      throw unknown(
        'unknown_period',
        'period of cohorts',
        'total',
        PERIODS.filter(p => p !== 'total'),
      )
    const { metric, spans, filters, period } = asked
    const context = contextOf(asked)
    const last = kind.offsets(metric.definition)
    const rows = await query<CohortRow>(kind.query(metric.definition, context), context.params.values)
    const users = new Map(rows.map(row => [`${Number(row.cohort_from)}+${Number(row.offset)}`, Number(row.users)]))
    if (spans.length * Math.min(spans.length, last + 1) > MAX_POINTS) throw tooMuch(spans.length * Math.min(spans.length, last + 1))
    return spans.flatMap((cohort, i) => {
      const size = users.get(`${cohort.from}+0`) ?? 0
      return spans.slice(i, i + last + 1).map((span, offset): CohortPoint => {
        const value = size > 0 ? (users.get(`${cohort.from}+${offset}`) ?? 0) / size : null
        const one = point({ metric, period, span, filters, by: { offset }, cell: { value, sample: size } })
        const { by: _, ...rest } = one
        return { cohort: calendar.date(cohort.from), offset, ...rest, complete: one.complete && cohort.whole }
      })
    })
  }

  function point(given: {
    readonly metric: Metric
    readonly period: Period
    readonly span: CalendarSpan
    readonly filters: readonly Filter[]
    readonly by: Readonly<Record<string, Member>> | undefined
    readonly cell: Cell | undefined
    readonly previous?: { readonly cell: Cell | undefined } | undefined
  }): SeriesPoint {
    const { metric, span, by, cell, previous } = given
    // What has not begun cannot have been measured.
    const begun = span.from <= now()
    const value = begun ? (cell?.value ?? null) : null
    const target = targetFor(metric, calendar, product.launch, { period: given.period, span, where: given.filters, ...(by && { by }) })
    const before = previous?.cell?.value ?? null
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

function typedValue(type: Property['type'], text: string | number | boolean): string | number | boolean {
  if (typeof text !== 'string') return text
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  return type === 'string' || text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)
}

/** Between the whole period before and a first span that was cut lies what belongs to neither. */
function gap(end: number, spans: readonly CalendarSpan[]): readonly CalendarSpan[] {
  const first = spans[0]
  return first && end < first.from ? [{ from: end, to: first.from, whole: false }] : []
}

const emptyCell = (kind: Exclude<MetricKind, CohortKind>, metric: Metric): Cell =>
  kind.source === 'queried'
    ? kind.empty
    : kind.value(
        metric.definition,
        kind.parts(metric.definition).map(() => ({ total: 0, unique: 0, quantile: () => null })),
      )

/** A carried value stays until the next one; other kinds are empty where there is no row. */
function filled(kind: QueriedKind, series: readonly (Cell | undefined)[]): Cell[] {
  let held = kind.empty
  return series.map(cell => {
    if (cell) held = kind.carries ? { value: cell.value, sample: 0 } : kind.empty
    return cell ?? held
  })
}

function withMembers(
  cells: Map<string | null, Cell[]>,
  members: readonly (string | null)[],
  spans: number,
  empty: Cell,
): Map<string | null, readonly Cell[]> {
  const blank = (): readonly Cell[] => Array.from({ length: spans }, () => empty)
  const others = [...cells.keys()]
    .filter(member => !members.includes(member))
    .toSorted((a, b) => (a === null ? 1 : b === null ? -1 : a < b ? -1 : 1))
  return new Map([...members, ...others].map(member => [member, cells.get(member) ?? blank()]))
}

const hints = (word: string, valid: readonly string[]) => {
  const near = nearest(word, valid)
  return { valid, ...(near !== undefined && { nearest: near }) }
}

function unknown(code: MetricQueryError['code'], what: string, word: string, valid: readonly string[]): MetricQueryError {
  return new MetricQueryError(code, `there is no ${what} "${word.slice(0, 100)}"`, hints(word, valid))
}

const notLive = (metric: Metric) =>
  new MetricQueryError('not_available', `the live counters cannot tell ${metric.name} over this span; ask the warehouse`)

const tooMuch = (points: number) =>
  new MetricQueryError('too_much', `${points} points are too many (at most ${MAX_POINTS}): ask for less, or for longer periods`)
