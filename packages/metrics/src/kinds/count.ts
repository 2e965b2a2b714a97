import { countedKind } from '../define.ts'
import { eventsField, eventsTraits } from '../fields.ts'

/** The number of events. */
export const count = countedKind({
  description: 'How many events there were.',
  fields: { events: eventsField.describe('The event kinds to count.') },
  trend: 'rises',
  accumulates: true,
  publishesBreakdowns: true,
  units: ['count', 'number'],
  ...eventsTraits,
  parts: ({ events }) => [{ kind: 'count', events, where: [] }],
  value: (_, [events]) => ({ value: events?.count ?? 0, sample: events?.count ?? 0 }),
  sql: (_, [events]) => ({ value: events?.count ?? '0', sample: events?.count ?? '0' }),
})
