import { whereSchema } from '@northstar/catalogue'
import * as z from 'zod'
import { queriedKind } from '../define.ts'
import { dimensionsOf, eventsField } from '../fields.ts'
import { all, column, condition, conditions, EVENTS, MS, ofEvents, until } from '../sql.ts'
import { checkItems } from './items.ts'

/** How many items are open at the end of the period: whose last opening or closing was an opening. */
export const openItems = queriedKind({
  description: 'Items opened and not closed at the end of the period, such as bugs.',
  fields: {
    events: eventsField.describe('The event kinds that report on the items.'),
    item: z.string().describe('The property that names the item.'),
    opened: whereSchema.describe('The events that open an item.'),
    closed: whereSchema.describe('The events that close it.'),
  },
  trend: 'stands',
  units: ['count', 'number'],
  check: (given, plan) => checkItems(given, { opened: given.opened, closed: given.closed }, plan),
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  empty: { value: 0, sample: 0 },
  carries: 'cell',
  query({ events, item, opened, closed }, { spans, where, plan, params, by }) {
    const isOpened = conditions(opened, plan, params)
    const isClosed = conditions(closed, plan, params)
    const own = [...new Set([...(by === undefined ? [] : [by]), ...where.map(filter => filter.property)])]
    const begins = params.add(
      spans.map(span => span.from),
      'Array(Int64)',
    )
    // Places within the tuple of an event.
    const [AT, CLOSES, OPENS, FIRST_PROPERTY] = [1, 2, 5, 6]
    const lastKnown = (value: string) => `arrayFill(one -> isNotNull(one), ${value})`
    const known = own.map((_, i) => `${lastKnown(`arrayMap(e -> e.${FIRST_PROPERTY + i}, history)`)} AS known_${i}`)
    const meets = (value: (i: number) => string) =>
      all(where.map(filter => condition(filter, plan, params, value(own.indexOf(filter.property)))))
    const member = by === undefined ? `CAST(NULL, 'Nullable(String)')` : `toString(known_0[i])`
    // After each of an item's events it is open or not, until its next one: the item is added to the open ones of the event's span, and
    // taken away again in the next event's span. So events are read once, however many periods there are.
    return `
      SELECT span, ${by === undefined ? '' : 'member,'} sum(opens) OVER running AS value, sum(knowns) OVER running AS sample
      FROM (
        SELECT roundDown(step.1, ${begins}) AS span, step.2 AS member, sum(step.3) AS opens, sum(step.4) AS knowns
        FROM (
          SELECT arraySort(groupArray((${MS}, ${isClosed}, received_at, id, ${isOpened}${own.map(name => `, ${column(name)}`).join('')}))) AS history,
            arrayCumSum(arrayMap(e -> e.${OPENS}, history)) AS openings,
            ${lastKnown(`arrayMap(e -> if(e.${OPENS} OR e.${CLOSES}, toNullable(e.${OPENS}), NULL), history)`)} AS states,
            ${known.map(one => `${one},`).join('\n            ')}
            arrayMap(i -> (history[i].${AT}, ${member}, toInt64(openings[i] > 0 AND ${meets(i => `known_${i}[i]`)}), toInt64(ifNull(states[i], 0))),
              arrayEnumerate(history)) AS after_each,
            arrayMap(e -> (e.1, e.2, e.3 * e.4, e.3), after_each) AS entered,
            arrayMap((e, next) -> (next.1, e.2, -e.3, -e.4), arrayPopBack(entered), arrayPopFront(entered)) AS gone
          FROM ${EVENTS}
          WHERE ${ofEvents(events, params)} AND isNotNull(${column(item)}) AND ${until(spans.at(-1)?.to ?? 0, params)}
          GROUP BY ${column(item)}
        )
        ARRAY JOIN arrayConcat(entered, gone) AS step
        GROUP BY span, member
      )
      WINDOW running AS (PARTITION BY member ORDER BY span ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
  },
})
