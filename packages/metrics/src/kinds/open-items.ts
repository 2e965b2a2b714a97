import { whereSchema } from '@northstar/catalogue'
import * as z from 'zod'
import { queriedKind } from '../define.ts'
import { dimensionsOf, eventsField } from '../fields.ts'
import { column, conditions, EVENTS, ofEvents, until } from '../sql.ts'
import { checkItems, itemProperties } from './items.ts'

/** How many items are open at the end of the period: whose last opening or closing was an opening. */
export const openItems = queriedKind({
  description: 'Items opened and not closed at the end of the period, such as bugs.',
  fields: {
    events: eventsField.describe('The event kinds that tell of the items.'),
    item: z.string().describe('The property that names the item.'),
    opened: whereSchema.describe('The events that open an item.'),
    closed: whereSchema.describe('The events that close it.'),
  },
  trend: 'stands',
  check: (given, plan) => checkItems(given, { opened: given.opened, closed: given.closed }, plan),
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  empty: { value: 0, sample: 0 },
  query({ events, item, opened, closed }, context) {
    const { spans, plan, params, by } = context
    const isOpened = conditions(opened, plan, params)
    const isClosed = conditions(closed, plan, params)
    const own = itemProperties(context)
    const begins = params.add(
      spans.map(span => span.from),
      'Array(Int64)',
    )
    const ends = params.add(
      spans.map(span => span.to),
      'Array(Int64)',
    )
    return `
      SELECT span, ${by === undefined ? '' : 'member,'} countIf(is_open) AS value, count() AS sample
      FROM (
        SELECT ${begins}[nth] AS span, ${column(item)} AS item,
          argMaxIf(${isOpened}, (timestamp, ${isClosed}, received_at, id), ${isOpened} OR ${isClosed}) AS is_open${own.select}
        FROM ${EVENTS}
        ARRAY JOIN arrayEnumerate(${ends}) AS nth
        WHERE ${ofEvents(events, params)} AND isNotNull(${column(item)}) AND ${until(spans.at(-1)?.to ?? 0, params)}
          AND toUnixTimestamp64Milli(timestamp) < ${ends}[nth]
        GROUP BY nth, item
        HAVING countIf(${isOpened}) > 0${own.having}
      )
      GROUP BY span${by === undefined ? '' : ', member'}`
  },
})
