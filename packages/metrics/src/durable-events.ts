import type { MetricCatalogue } from './metric.ts'
import { metricKinds } from './registry.ts'

/** The event kinds that some metric reads however old they are, in order of their names. */
export function durableEvents({ metrics }: Pick<MetricCatalogue, 'metrics'>): readonly string[] {
  const names = [...metrics.values()].flatMap(({ kind, definition }) => metricKinds.get(kind)?.durableEvents?.(definition) ?? [])
  return [...new Set(names)].sort()
}
