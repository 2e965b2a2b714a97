import { countedKind, fraction, fractionSql } from '../define.ts'
import { checkEvents, dimensionsOf, eventsField } from '../fields.ts'

/** Users of a feature among the active ones. Broken down by feature, each is divided by all active users. */
export const adoption = countedKind({
  description: 'Users of a feature divided by active users.',
  fields: {
    events: eventsField.describe('The event kinds by which the feature is used.'),
    active: eventsField.describe('The event kinds that make a user active.'),
  },
  proportion: true,
  units: ['ratio'],
  check: ({ events, active }, plan) => [...checkEvents(['events'], events, plan), ...checkEvents(['active'], active, plan)],
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  parts: ({ events, active }) => [
    { kind: 'unique', events, of: 'user_id', where: [] },
    { kind: 'unique', events: active, of: 'user_id', where: [] },
  ],
  value: (_, [users, active]) => fraction(users?.unique ?? 0, active?.unique ?? 0),
  sql: (_, [users, active]) => fractionSql(users?.unique, active?.unique),
})
