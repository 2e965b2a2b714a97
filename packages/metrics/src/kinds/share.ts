import { whereSchema } from '@northstar/catalogue'
import { countedKind, fraction, fractionSql } from '../define.ts'
import { checkEvents, checkWhere, eventsField, eventsTraits } from '../fields.ts'

/** The fraction of these events that meets the conditions. */
export const share = countedKind({
  description: 'The share of events that meet conditions, such as ratings of 4 and more.',
  fields: {
    events: eventsField.describe('The event kinds that make the whole.'),
    matching: whereSchema.describe('The conditions that make the part.'),
  },
  proportion: true,
  units: ['ratio'],
  check: ({ events, matching }, plan) => [...checkEvents(['events'], events, plan), ...checkWhere(['matching'], matching, events, plan)],
  dimensions: eventsTraits.dimensions,
  parts: ({ events, matching }) => [
    { kind: 'count', events, where: matching },
    { kind: 'count', events, where: [] },
  ],
  value: (_, [part, whole]) => fraction(part?.count ?? 0, whole?.count ?? 0),
  sql: (_, [part, whole]) => fractionSql(part?.count, whole?.count),
})
