import type { Column, EventKind, Property, TrackingPlan } from '@northstar/catalogue'

/** A small plan with every type and limit, for tests. */
export function testPlan(): TrackingPlan {
  const property = (name: string, more: Partial<Property> = {}): Property => ({
    name,
    type: 'string',
    required: false,
    description: '',
    privacy: 'internal',
    ...more,
  })
  const common = [property('platform', { values: ['macos', 'linux', 'windows'] }), property('version', { maxLength: 64 })]
  const kind = (name: string, own: readonly Property[], user: EventKind['user'] = 'required'): [string, EventKind] => [
    name,
    { name, description: '', view: `analytics.${name}`, user, properties: new Map([...common, ...own].map(p => [p.name, p])) },
  ]
  const events = new Map([
    kind('command_generated', [property('category', { required: true, maxLength: 64 })]),
    kind('satisfaction_survey', [property('rating', { type: 'integer', required: true, min: 1, max: 5 })]),
    kind('latency', [property('duration_ms', { type: 'number', required: true, min: 0 }), property('success', { type: 'boolean' })]),
    kind('crash', [
      property('stack_trace', { maxLength: 16_384 }),
      property('notes', { maxLength: 64, personalData: 'scrub' }),
      property('device', { maxLength: 64, personalData: 'hash' }),
    ]),
    kind('stars', [property('value', { type: 'integer', required: true })], 'optional'),
  ])
  const stars = events.get('stars')
  if (stars) events.set('stars', { ...stars, retentionDays: 90 })
  return { events, columns: columnsOf(events) }
}

function columnsOf(events: TrackingPlan['events']): Column[] {
  const columns = new Map<string, Column>()
  for (const kind of events.values()) {
    for (const { name, type, values } of kind.properties.values()) columns.set(name, { name, type, lowCardinality: values !== undefined })
  }
  return [...columns.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
