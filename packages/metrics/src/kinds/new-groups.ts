import { DAY_MS } from '@northstar/catalogue'
import * as z from 'zod'
import { queriedKind } from '../define.ts'
import { eventsField, propertyTraits } from '../fields.ts'
import { normalizedStack } from '../releases/stack-sql.ts'
import { all, boundsOf, column, conditions, EVENTS, MS, memberSql, ofEvents, since, spanOf, until } from '../sql.ts'

/** A stack that was not seen for so long is new again. This bounds how much before its span a question reads. */
const FORGOTTEN_DAYS = 90

/** How many stacks were seen that had not been seen in the 90 days before; in a breakdown, not with the same member. */
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
  ...propertyTraits('stack', false),
  readsEvents: ({ events }) => events,
  empty: { value: 0, sample: 0 },
  query({ events, stack }, { spans, where, plan, params, by }) {
    const { member, selected } = memberSql(by)
    const [from, to] = boundsOf(spans)
    // Equal texts are normalised once. One row a day of each group suffices: only the first crash of a day can be new.
    const days = `
      SELECT ${normalizedStack('text')} AS stack${member}, days
      FROM (
        SELECT text${member}, groupArray((seen, last)) AS days
        FROM (
          SELECT assumeNotNull(${column(stack)}) AS text, min(${MS}) AS seen, max(${MS}) AS last${selected}
          FROM ${EVENTS}
          WHERE ${all([
            ofEvents(events, params),
            `isNotNull(${column(stack)})`,
            since(from - FORGOTTEN_DAYS * DAY_MS, params),
            until(to, params),
            conditions(where, plan, params),
          ])}
          GROUP BY text${member}, intDiv(${MS}, ${DAY_MS})
        )
        GROUP BY text${member}
      )`
    return `
      SELECT ${spanOf('seen', spans, params)} AS span${member}, count() AS value, count() AS sample
      FROM (
        SELECT seen${member}, lagInFrame(last) OVER (PARTITION BY stack${member} ORDER BY seen ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
        FROM (
          SELECT stack${member}, min(day.1) AS seen, max(day.2) AS last
          FROM (${days}) ARRAY JOIN days AS day
          GROUP BY stack${member}, intDiv(day.1, ${DAY_MS})
        )
      )
      WHERE seen >= ${params.add(from, 'Int64')} AND (before = 0 OR seen - before > ${FORGOTTEN_DAYS * DAY_MS})
      GROUP BY span${member}`
  },
})
