import { type Aggregate, aggregateCode, aggregateKey, countOfKind } from '@northstar/live-counters'
import { aggregatesOf } from './counted.ts'
import type { Metric, MetricCatalogue } from './metric.ts'
import { metricKinds } from './registry.ts'

/** Everything that the live counters must keep for the catalogue's metrics, each once. */
export function livePlan(catalogue: MetricCatalogue): readonly Aggregate[] {
  const aggregates = [...catalogue.metrics.values()].flatMap(metric => countedFor(metric, catalogue) ?? [])
  return [...new Map(aggregates.map(aggregate => [aggregateKey(aggregate), aggregate])).values()]
}

/** The codes of the aggregates, one of which moves whenever the metric's value may have changed; null where any event may change it. */
export function liveCodesOf(name: string, catalogue: MetricCatalogue): ReadonlySet<string> | null {
  const metric = catalogue.metrics.get(name)
  const aggregates = metric && (countedFor(metric, catalogue) ?? countsOfRead(metric))
  return aggregates ? new Set(aggregates.map(aggregateCode)) : null
}

/** The warehouse alone answers such a metric, so what moves are the counts of the event kinds that it reads. */
function countsOfRead({ kind, definition }: Metric): readonly Aggregate[] | null {
  const events = metricKinds.get(kind)?.readsEvents?.(definition) ?? []
  return events.length > 0 ? events.map(countOfKind) : null
}

function countedFor({ kind: name, definition, where, by }: Metric, { plan }: MetricCatalogue): readonly Aggregate[] | null {
  const kind = metricKinds.get(name)
  return kind?.source === 'counted' ? aggregatesOf({ kind, definition, plan, where, kept: by }) : null
}
