import { countedKind } from '../define.ts'
import { checkEvents, dimensionsOf, eventsField } from '../fields.ts'

/** How many events. Nothing is 0. */
export const count = countedKind({
  description: 'How many events there were.',
  fields: { events: eventsField.describe('The event kinds to count.') },
  trend: 'rises',
  accumulates: true,
  publishesBreakdowns: true,
  units: ['count', 'number'],
  check: ({ events }, plan) => checkEvents(['events'], events, plan),
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  parts: ({ events }) => [{ kind: 'count', events, where: [] }],
  value: (_, [events]) => ({ value: events?.count ?? 0, sample: events?.count ?? 0 }),
  sql: (_, [events]) => ({ value: events?.count ?? '0', sample: events?.count ?? '0' }),
})
