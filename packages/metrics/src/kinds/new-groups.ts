import * as z from 'zod'
import { queriedKind } from '../define.ts'
import { checkEvents, checkProperty, dimensionsOf, eventsField } from '../fields.ts'
import { normalizedStack } from '../releases/stack-sql.ts'
import { all, column, conditions, EVENTS, MS, ofEvents, spanOf, until } from '../sql.ts'

/** How many stacks were seen for the first time in the period: of each member of a breakdown, for the first time with that member. */
export const newGroups = queriedKind({
  description: 'How many crashes with a new stack came: stacks are grouped without addresses, line numbers and generics.',
  fields: {
    events: eventsField.describe('The event kinds that carry the stack.'),
    stack: z.string().describe('The property with the stack.'),
  },
  trend: 'rises',
  accumulates: true,
  units: ['count', 'number'],
  check: ({ events, stack }, plan) => [...checkEvents(['events'], events, plan), ...checkProperty(['stack'], stack, events, plan, false)],
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  readsEvents: ({ events }) => events,
  empty: { value: 0, sample: 0 },
  query({ events, stack }, { spans, where, plan, params, by }) {
    const own = by === undefined ? '' : ', member'
    // Equal texts are normalised once.
    return `
      SELECT ${spanOf('began', spans, params)} AS span${own}, count() AS value, count() AS sample
      FROM (
        SELECT min(seen) AS began${own}
        FROM (
          SELECT assumeNotNull(${column(stack)}) AS text, min(${MS}) AS seen${by === undefined ? '' : `, toString(${column(by)}) AS member`}
          FROM ${EVENTS}
          WHERE ${all([
            ofEvents(events, params),
            `isNotNull(${column(stack)})`,
            until(spans.at(-1)?.to ?? 0, params),
            conditions(where, plan, params),
          ])}
          GROUP BY text${own}
        )
        GROUP BY ${normalizedStack('text')}${own}
      )
      WHERE began >= ${params.add(spans[0]?.from ?? 0, 'Int64')}
      GROUP BY span${own}`
  },
})
