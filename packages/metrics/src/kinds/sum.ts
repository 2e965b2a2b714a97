import * as z from 'zod'
import { countedKind } from '../define.ts'
import { checkEvents, checkProperty, dimensionsOf, eventsField } from '../fields.ts'

/** The sum of a number, such as a turnover. Of nothing it is 0. The sample is how many events carried the number. */
export const sum = countedKind({
  description: 'The sum of a number, such as a turnover.',
  fields: { events: eventsField.describe('The event kinds that carry the number.'), of: z.string().describe('The property.') },
  trend: 'rises',
  accumulates: true,
  check: ({ events, of }, plan) => [...checkEvents(['events'], events, plan), ...checkProperty(['of'], of, events, plan, true)],
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  parts: ({ events, of }) => [{ kind: 'sum', events, of, where: [] }],
  value: (_, [values]) => ({ value: values?.sum ?? 0, sample: values?.count ?? 0 }),
  sql: (_, [values]) => ({ value: values?.sum ?? '0', sample: values?.count ?? '0' }),
})
