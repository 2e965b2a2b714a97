import { iso } from '@northstar/catalogue'
import type { MetricAnswer, SeriesPoint } from '@northstar/http-api'
import type { Metric } from '@northstar/metrics'

/** Reads why a metric's value at a time (epoch ms) is unknown, and since when (epoch ms; null: always). Null if the value is known. */
export type UnknownReader = (metric: Metric, at: number) => Promise<{ readonly since: number | null; readonly reason: string } | null>

/** Reads the same in the form of answers; undefined if the value is known. */
export async function readUnknown(reader: UnknownReader | undefined, metric: Metric, at: number): Promise<MetricAnswer['unknown']> {
  const found = await reader?.(metric, at)
  return found ? { since: found.since === null ? null : iso(found.since), reason: found.reason } : undefined
}

/** A point that begins after its metric became unknown: without a sample its value is null rather than 0, since nothing was collected. */
export function unknownPoint<P extends SeriesPoint>(point: P, unknown: MetricAnswer['unknown']): P {
  if (!unknown || point.sample > 0) return point
  if (unknown.since !== null && Date.parse(point.from) < Date.parse(unknown.since)) return point
  const { status: _, distance: __, ...target } = point.target ?? {}
  return { ...point, value: null, ...(point.target && { target }), ...(point.change !== undefined && { change: null }) }
}
