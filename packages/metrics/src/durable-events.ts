import type { MetricCatalogue } from './metric-catalogue.ts'
import { metricKinds } from './registry.ts'

/** The event kinds whose events some metric reads at any age, sorted by name. */
export function durableEvents({ metrics }: Pick<MetricCatalogue, 'metrics'>): readonly string[] {
  const names = [...metrics.values()].flatMap(({ kind, definition }) => metricKinds.get(kind)?.durableEvents?.(definition) ?? [])
  return [...new Set(names)].sort()
}
