import { type Aggregate, aggregateCode, aggregateKey, countOfKind } from '@northstar/live-counters'
import { aggregatesOf } from './counted.ts'
import type { Metric } from './metric.ts'
import type { MetricCatalogue } from './metric-catalogue.ts'
import { metricKinds } from './registry.ts'

/** The aggregates that the live counters keep for the catalogue's metrics, each once. */
export function livePlan(catalogue: MetricCatalogue): readonly Aggregate[] {
  const aggregates = [...catalogue.metrics.values()].flatMap(metric => countedFor(metric, catalogue) ?? [])
  return [...new Map(aggregates.map(aggregate => [aggregateKey(aggregate), aggregate])).values()]
}

/** Codes of aggregates, one of which changes whenever the metric's value may have changed; null if any event may change it. */
export function liveCodesOf(name: string, catalogue: MetricCatalogue): ReadonlySet<string> | null {
  const metric = catalogue.metrics.get(name)
  const aggregates = metric && (countedFor(metric, catalogue) ?? countsOfRead(metric))
  return aggregates ? new Set(aggregates.map(aggregateCode)) : null
}

/** The counts of the event kinds that a metric of the warehouse reads. */
function countsOfRead({ kind, definition }: Metric): readonly Aggregate[] | null {
  const events = metricKinds.get(kind)?.readsEvents?.(definition) ?? []
  return events.length > 0 ? events.map(countOfKind) : null
}

function countedFor({ kind: name, definition, where, by }: Metric, { plan }: MetricCatalogue): readonly Aggregate[] | null {
  const kind = metricKinds.get(name)
  return kind?.source === 'counted' ? aggregatesOf({ kind, definition, plan, where, kept: by }) : null
}
