import { iso } from '@northstar/catalogue'
import type { MetricAnswer } from '@northstar/http-api'
import type { Metric } from '@northstar/metrics'

/** Reads why a metric's value at a time (epoch ms) is unknown, and since when (epoch ms; null: always). Null if the value is known. */
export type UnknownReader = (metric: Metric, at: number) => Promise<{ readonly since: number | null; readonly reason: string } | null>

/** Reads the same in the form of answers; undefined if the value is known. */
export async function readUnknown(reader: UnknownReader | undefined, metric: Metric, at: number): Promise<MetricAnswer['unknown']> {
  const found = await reader?.(metric, at)
  return found ? { since: found.since === null ? null : iso(found.since), reason: found.reason } : undefined
}
