import { type Calendar, type CalendarSpan, createCalendar, type Filter, HOUR_MS, type Period } from '@northstar/catalogue'
import type { WindowSource } from '@northstar/live-counters'
import { type Cells, cellsOf } from './cells.ts'
import { type CountedRequest, measureLive, type Query } from './counted.ts'
import { MetricQueryError } from './errors.ts'
import type { CellRow, CohortKind, MetricKind, QueriedKind, QueryContext } from './kind.ts'
import type { Metric } from './metric.ts'
import type { MetricCatalogue } from './metric-catalogue.ts'
import { Params } from './params.ts'
import { NO_ROLLUPS, rollupsOf } from './rollups.ts'
import { measureWarehouse } from './stored-counts.ts'

export interface MeasuringDeps {
  readonly catalogue: MetricCatalogue
  readonly counters?: WindowSource
  readonly query: Query
  readonly now: () => number
  /** A percentile of more values than this may come from the warehouse's sketches, within 1%. Default 500,000. */
  readonly exactUpTo?: number
}

export type Source = 'auto' | 'live' | 'warehouse'

/** A request to measure a metric in spans that follow each other. */
export interface Measuring {
  readonly metric: Metric
  readonly filters: readonly Filter[]
  readonly period: Period
  readonly spans: readonly CalendarSpan[]
  readonly by?: string
}

export interface MeasuredCells {
  readonly source: 'live' | 'warehouse'
  readonly cells: Cells
}

/** The longest span that source `auto` reads from the live counters. They keep its minutes, which add up to the days of any time zone. */
const LIVE_MS = 48 * HOUR_MS

/** Returns a function that measures a metric from the given source; `auto` prefers the live counters if they can answer. */
export function createMeasuring({ catalogue, counters, query, now, exactUpTo = 500_000 }: MeasuringDeps) {
  const { plan } = catalogue
  const rollups = exactUpTo === Number.POSITIVE_INFINITY ? NO_ROLLUPS : rollupsOf(catalogue)
  const calendar = createCalendar(catalogue.product)

  async function live(request: CountedRequest, source: Source): Promise<Cells | null> {
    const length = (request.spans.at(-1)?.to ?? 0) - (request.spans[0]?.from ?? 0)
    if (!counters || source === 'warehouse' || (source === 'auto' && length > LIVE_MS)) return null
    return measureLive(request, counters, now(), source === 'auto').catch((error: unknown) => {
      // The warehouse has the same events a little later.
      if (source === 'auto' && error instanceof Error && 'retryable' in error && error.retryable === true) return null
      throw error
    })
  }

  async function queried(kind: QueriedKind, asked: Measuring): Promise<Cells> {
    const context = contextOf(asked, catalogue, calendar, now())
    return cellsOf(kind, await query<CellRow>(kind.query(asked.metric.definition, context), context.params.values), asked.spans)
  }

  return async (kind: Exclude<MetricKind, CohortKind>, asked: Measuring, source: Source): Promise<MeasuredCells> => {
    const { metric, filters, spans, by } = asked
    if (kind.source === 'queried') {
      if (source === 'live') throw notLive(metric)
      return { source: 'warehouse', cells: await queried(kind, asked) }
    }
    const { definition, where, by: kept } = metric
    const request: CountedRequest = { kind, definition, plan, where, filters, kept, spans, ...(by !== undefined && { by }) }
    const cells = await live(request, source)
    if (cells) return { source: 'live', cells }
    if (source === 'live') throw notLive(metric)
    return { source: 'warehouse', cells: await measureWarehouse(request, { query, rollups, exactUpTo }) }
  }
}

/** The context of a kind's query. */
export function contextOf(
  { metric, filters, period, spans, by }: Measuring,
  { plan }: MetricCatalogue,
  calendar: Calendar,
  now: number,
): QueryContext {
  const params = new Params()
  return {
    plan,
    period,
    spans,
    before: calendar.before(period, spans[0] ?? { from: 0, to: 0 }),
    where: [...metric.where, ...filters],
    unit: metric.unit,
    timezone: calendar.timezone,
    now: () => params.add(now, 'Int64'),
    params,
    ...(by !== undefined && { by }),
  }
}

export const notLive = (metric: Metric) =>
  new MetricQueryError('not_available', `the live counters cannot answer ${metric.name} over this span; ask the warehouse`, {
    field: 'source',
  })
