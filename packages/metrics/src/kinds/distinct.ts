import * as z from 'zod'
import { aggregateSql } from '../counting-sql.ts'
import { queriedKind } from '../define.ts'
import { checkEvents, checkProperty, dimensionsOf, eventsField } from '../fields.ts'

/** How many different values of a property. None is 0. The sample is how many events carried the property. */
export const distinct = queriedKind({
  description: 'How many different values a property has, such as versions in use.',
  fields: { events: eventsField.describe('The event kinds that carry the property.'), of: z.string().describe('The property.') },
  trend: 'rises',
  accumulates: true,
  units: ['count', 'number'],
  check: ({ events, of }, plan) => [...checkEvents(['events'], events, plan), ...checkProperty(['of'], of, events, plan, false)],
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  readsEvents: ({ events }) => events,
  empty: { value: 0, sample: 0 },
  query: (definition, context) => aggregateSql('uniqExact', definition, context),
})
