import { type Aggregate, aggregateKey } from '@northstar/live-counters'
import { aggregatesOf } from './counted.ts'
import type { MetricCatalogue } from './metric.ts'
import { metricKinds } from './registry.ts'

/** Everything that the live counters must keep for the catalogue's metrics, each once. */
export function livePlan(catalogue: MetricCatalogue): readonly Aggregate[] {
  const aggregates = [...catalogue.metrics.values()].flatMap(metric => {
    const kind = metricKinds.get(metric.kind)
    if (kind?.source !== 'counted') return []
    return aggregatesOf({ kind, definition: metric.definition, plan: catalogue.plan, where: metric.where, kept: metric.by })
  })
  return [...new Map(aggregates.map(aggregate => [aggregateKey(aggregate), aggregate])).values()]
}
