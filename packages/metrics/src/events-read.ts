import { recordOf } from '@northstar/catalogue'
import type { Metric } from './metric.ts'
import { metricKinds } from './registry.ts'

/** Fields of the kinds' definitions that name events. */
const FIELDS = ['events', 'first', 'next', 'active'] as const

/** The event kinds that a metric names. A part that counts any event names none. */
export function eventsRead({ kind, definition }: Pick<Metric, 'kind' | 'definition'>): readonly string[] {
  const found = metricKinds.get(kind)
  if (found?.source === 'counted') return found.parts(definition).flatMap(({ events }) => events)
  const fields = recordOf(definition)
  const steps = Array.isArray(fields.steps) ? fields.steps.map(recordOf) : []
  return [fields, ...steps].flatMap(one => FIELDS.flatMap(field => (Array.isArray(one[field]) ? one[field].map(String) : [])))
}
