import { createCalendar, type PeriodSpan } from '@northstar/catalogue'
import type { LiveMetric, SeriesPoint } from '@northstar/http-api'
import { type Metric, type MetricCatalogue, MetricQueryError, type MetricReader } from '@northstar/metrics'
import { readUnknown, type UnknownReader } from './unknown.ts'

const PREVIOUS_MS = 5 * 60_000
/** How many members a breakdown has, as the answer to a question without a limit. */
const MEMBERS = 50

/**
 * Returns a function that reads the live values of a metric at a time: the current week, the one before, today, and the week by each
 * property. Null when the live counters cannot answer. The previous week is read once in five minutes.
 */
export function createLiveMeasure(deps: {
  readonly catalogue: MetricCatalogue
  readonly reader: MetricReader
  readonly unknown?: UnknownReader
}) {
  const { catalogue, reader } = deps
  const calendar = createCalendar(catalogue.product)
  const past = new Map<string, { readonly week: number; readonly readAt: number; readonly point: SeriesPoint }>()

  /** No points where the live counters cannot answer, such as where the zone's days begin between two buckets. */
  async function read(metric: Metric, span: PeriodSpan, period: 'week' | 'day', by?: string): Promise<readonly SeriesPoint[]> {
    try {
      return (await reader.read({ metric: metric.name, from: span.from, to: span.to, period, by, limit: MEMBERS, source: 'live' })).points
    } catch (error) {
      if (error instanceof MetricQueryError) return []
      throw error
    }
  }

  return async function measure(metric: Metric, time: number): Promise<LiveMetric | null> {
    const week = calendar.periodAt('week', time)
    const known = past.get(metric.name)
    const before = known?.week === week.from && time - known.readAt < PREVIOUS_MS ? known.point : undefined
    const previous = before ?? (await read(metric, calendar.before('week', week), 'week'))[0]
    const [current] = await read(metric, week, 'week')
    const [today] = await read(metric, calendar.periodAt('day', time), 'day')
    if (!current || !previous || !today) return null
    if (!before) past.set(metric.name, { week: week.from, readAt: time, point: previous })
    const by: [string, readonly SeriesPoint[]][] = []
    for (const property of metric.by) {
      const points = await read(metric, week, 'week', property)
      if (points.length > 0) by.push([property, points])
    }
    const unknown = await readUnknown(deps.unknown, metric, time)
    return { current, previous, today, ...(by.length > 0 && { by: Object.fromEntries(by) }), ...(unknown && { unknown }) }
  }
}
