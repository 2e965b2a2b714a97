import type { TrackingPlan } from './tracking-plan.ts'

/** An event that the tracking plan accepts: of the kind with a user that has the fewest required properties. */
export function exampleEvent(plan: TrackingPlan): Readonly<Record<string, unknown>> {
  const kinds = [...plan.events.values()].filter(kind => kind.user === 'required')
  const required = (kind: (typeof kinds)[number]) => [...kind.properties.values()].filter(property => property.required)
  const [kind] = kinds.sort((a, b) => required(a).length - required(b).length)
  if (!kind) return {}
  const values = required(kind).map(property => [
    property.name,
    property.values?.[0] ?? { string: 'example', integer: property.min ?? 1, number: property.min ?? 1, boolean: true }[property.type],
  ])
  return { event: kind.name, user_id: 'me', session_id: 'first', properties: Object.fromEntries(values) }
}
