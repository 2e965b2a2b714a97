import { createCalendar, type PeriodSpan } from '@northstar/catalogue'
import type { LiveMetric, SeriesPoint } from '@northstar/http-api'
import { type Metric, type MetricCatalogue, MetricQueryError, type MetricReader } from '@northstar/metrics'
import { readUnknown, type UnknownReader, unknownPoint } from './unknown.ts'

/** How long the previous week's value is cached. */
const PREVIOUS_MS = 5 * 60_000
/** Number of members of a breakdown, as in an answer without `limit`. */
const MEMBERS = 50

/**
 * Returns a function that reads a metric's live values at a time: the current week, the previous one, today, and the week by each
 * property. The result is null if the live counters cannot answer.
 */
export function createLiveMeasure(deps: {
  readonly catalogue: MetricCatalogue
  readonly reader: MetricReader
  readonly unknown?: UnknownReader
}) {
  const { catalogue, reader } = deps
  const calendar = createCalendar(catalogue.product)
  const cache = new Map<string, { readonly week: number; readonly readAt: number; readonly point: SeriesPoint }>()

  /** The result is empty if the live counters cannot answer, for example when the zone's days begin between two buckets. */
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
    const entry = cache.get(metric.name)
    const cached = entry?.week === week.from && time - entry.readAt < PREVIOUS_MS ? entry.point : undefined
    const previous = cached ?? (await read(metric, calendar.before('week', week), 'week'))[0]
    const [current] = await read(metric, week, 'week')
    const [today] = await read(metric, calendar.periodAt('day', time), 'day')
    if (!current || !previous || !today) return null
    if (!cached) cache.set(metric.name, { week: week.from, readAt: time, point: previous })
    const by: [string, readonly SeriesPoint[]][] = []
    for (const property of metric.by) {
      const points = await read(metric, week, 'week', property)
      if (points.length > 0) by.push([property, points])
    }
    const unknown = await readUnknown(deps.unknown, metric, time)
    const known = (point: SeriesPoint) => unknownPoint(point, unknown)
    return {
      current: known(current),
      previous: known(previous),
      today: known(today),
      ...(by.length > 0 && { by: Object.fromEntries(by.map(([property, points]) => [property, points.map(known)])) }),
      ...(unknown && { unknown }),
    }
  }
}
