import * as z from 'zod'
import { queriedKind } from '../define.ts'
import { checkEvents, checkProperty, dimensionsOf, eventsField } from '../fields.ts'
import { normalizedStack } from '../releases/stack-sql.ts'
import { all, column, conditions, EVENTS, MS, ofEvents, since, spanOf, until } from '../sql.ts'

const DAY_MS = 86_400_000
/** A stack that was not seen for so long is new again, so that a question reads that much before its span and no more. */
const FORGOTTEN_DAYS = 90

/** How many stacks were seen that had not been seen in the 90 days before: of each member of a breakdown, not with that member. */
export const newGroups = queriedKind({
  description:
    'How many crashes with a new stack came: one that was not seen in the 90 days before. Stacks are grouped without addresses, line numbers and generics.',
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
    const from = spans[0]?.from ?? 0
    // Equal texts are normalised once. A day of a group says enough: within it no crash is new but the first.
    const days = `
      SELECT ${normalizedStack('text')} AS stack${own}, days
      FROM (
        SELECT text${own}, groupArray((seen, last)) AS days
        FROM (
          SELECT assumeNotNull(${column(stack)}) AS text, min(${MS}) AS seen, max(${MS}) AS last${by === undefined ? '' : `, toString(${column(by)}) AS member`}
          FROM ${EVENTS}
          WHERE ${all([
            ofEvents(events, params),
            `isNotNull(${column(stack)})`,
            since(from - FORGOTTEN_DAYS * DAY_MS, params),
            until(spans.at(-1)?.to ?? 0, params),
            conditions(where, plan, params),
          ])}
          GROUP BY text${own}, intDiv(${MS}, ${DAY_MS})
        )
        GROUP BY text${own}
      )`
    return `
      SELECT ${spanOf('seen', spans, params)} AS span${own}, count() AS value, count() AS sample
      FROM (
        SELECT seen${own}, lagInFrame(last) OVER (PARTITION BY stack${own} ORDER BY seen ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
        FROM (
          SELECT stack${own}, min(day.1) AS seen, max(day.2) AS last
          FROM (${days}) ARRAY JOIN days AS day
          GROUP BY stack${own}, intDiv(day.1, ${DAY_MS})
        )
      )
      WHERE seen >= ${params.add(from, 'Int64')} AND (before = 0 OR seen - before > ${FORGOTTEN_DAYS * DAY_MS})
      GROUP BY span${own}`
  },
})
