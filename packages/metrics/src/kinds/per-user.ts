import { countedKind, fraction, fractionSql } from '../define.ts'
import { eventsField, eventsTraits } from '../fields.ts'

/** Events for each user who had any. */
export const perUser = countedKind({
  description: 'The mean number of events of the users who had any, such as commands per user.',
  fields: { events: eventsField.describe('The event kinds to count.') },
  accumulates: true,
  units: ['per_user', 'number'],
  ...eventsTraits,
  parts: ({ events }) => [
    { kind: 'count', events, where: [] },
    { kind: 'unique', events, of: 'user_id', where: [] },
  ],
  value: (_, [events, users]) => fraction(events?.count ?? 0, users?.unique ?? 0),
  sql: (_, [events, users]) => fractionSql(events?.count, users?.unique),
})
