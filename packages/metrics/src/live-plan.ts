import { type Aggregate, aggregateCode, aggregateKey } from '@northstar/live-counters'
import { aggregatesOf } from './counted.ts'
import type { Metric, MetricCatalogue } from './metric.ts'
import { metricKinds } from './registry.ts'

/** Everything that the live counters must keep for the catalogue's metrics, each once. */
export function livePlan(catalogue: MetricCatalogue): readonly Aggregate[] {
  const aggregates = [...catalogue.metrics.values()].flatMap(metric => countedFor(metric, catalogue) ?? [])
  return [...new Map(aggregates.map(aggregate => [aggregateKey(aggregate), aggregate])).values()]
}

/** The codes of the aggregates that a metric's live values are made of; null for a metric that the warehouse alone answers. */
export function liveCodesOf(name: string, catalogue: MetricCatalogue): ReadonlySet<string> | null {
  const metric = catalogue.metrics.get(name)
  const aggregates = metric ? countedFor(metric, catalogue) : null
  return aggregates && new Set(aggregates.map(aggregateCode))
}

function countedFor({ kind: name, definition, where, by }: Metric, { plan }: MetricCatalogue): readonly Aggregate[] | null {
  const kind = metricKinds.get(name)
  return kind?.source === 'counted' ? aggregatesOf({ kind, definition, plan, where, kept: by }) : null
}
