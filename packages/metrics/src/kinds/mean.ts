import * as z from 'zod'
import { countedKind, fraction, fractionSql } from '../define.ts'
import { checkEvents, checkProperty, dimensionsOf, eventsField } from '../fields.ts'

/** The mean of a number over the events that carry it. */
export const mean = countedKind({
  description: 'The mean of a number, such as a rating.',
  fields: { events: eventsField.describe('The event kinds that carry the number.'), of: z.string().describe('The property.') },
  check: ({ events, of }, plan) => [...checkEvents(['events'], events, plan), ...checkProperty(['of'], of, events, plan, true)],
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  parts: ({ events, of }) => [{ kind: 'sum', events, of, where: [] }],
  value: (_, [values]) => fraction(values?.sum ?? 0, values?.count ?? 0),
  sql: (_, [values]) => fractionSql(values?.sum, values?.count),
})
