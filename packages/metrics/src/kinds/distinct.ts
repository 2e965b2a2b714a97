import * as z from 'zod'
import { aggregateSql } from '../counting-sql.ts'
import { queriedKind } from '../define.ts'
import { eventsField, propertyTraits } from '../fields.ts'

/** The number of different values of a property; 0 without any. The sample is the number of events that have the property. */
export const distinct = queriedKind({
  description: 'How many different values a property has, such as versions in use.',
  fields: { events: eventsField.describe('The event kinds that carry the property.'), of: z.string().describe('The property.') },
  trend: 'rises',
  accumulates: true,
  units: ['count', 'number'],
  ...propertyTraits('of', false),
  readsEvents: ({ events }) => events,
  empty: { value: 0, sample: 0 },
  query: (definition, context) => aggregateSql('uniqExact', definition, context),
})
