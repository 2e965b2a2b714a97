import { type Filter, whereSchema } from '@northstar/catalogue'
import * as z from 'zod'
import { eventsField } from '../fields.ts'
import type { QueryContext } from '../kind.ts'
import { all, boundsOf, column, condition, conditions, DURABLE_EVENTS, MS, NEVER, ofEvents, propertiesOf, until } from '../sql.ts'

/** Fields of kinds that follow when items are opened and closed. */
export const openingFields = {
  events: eventsField.describe('The event kinds that report on the items.'),
  item: z.string().describe('The property that names the item.'),
  opened: whereSchema.describe('The events that open an item.'),
  closed: whereSchema.describe('The events that close it.'),
}

export interface Openings {
  readonly events: readonly string[]
  readonly item: string
  readonly opened: readonly Filter[]
  readonly closed: readonly Filter[]
}

/**
 * A query with a row for each event of each item before the end of the last span: `at` and `next_at` (epoch ms, {@link NEVER} after the last
 * one), whether the item `was_open` before it and `is_open` after it, the time of that opening (`opened_at`), the `member`, and whether the item
 * `counts`: it has been opened, and meets the filters. Properties are those known at that event, so a row depends on no later event.
 */
export function itemSteps({ events, item, opened, closed }: Openings, { spans, where, plan, params, by }: QueryContext): string {
  const isOpened = conditions(opened, plan, params)
  const isClosed = conditions(closed, plan, params)
  const own = propertiesOf(by, where)
  // Positions of elements in an event's tuple.
  const [AT, CLOSES, OPENS, FIRST_PROPERTY] = [1, 2, 5, 6]
  const lastKnown = (value: string) => `arrayFill(one -> isNotNull(one), ${value})`
  const known = own.map((_, i) => `${lastKnown(`arrayMap(e -> e.${FIRST_PROPERTY + i}, history)`)} AS known_${i}`)
  const meets = all(where.map(filter => condition(filter, plan, params, `known_${own.indexOf(filter.property)}[i]`)))
  const member = by === undefined ? `CAST(NULL, 'Nullable(String)')` : 'toString(known_0[i])'
  return `
    SELECT step.1 AS at, step.2 AS next_at, step.3 AS was_open, step.4 AS is_open, step.5 AS opened_at, step.6 AS member, step.7 AS counts
    FROM (
      SELECT arraySort(groupArray((${MS}, ${isClosed}, received_at, id_key, ${isOpened}${own.map(name => `, ${column(name)}`).join('')}))) AS history,
        arrayCumSum(arrayMap(e -> e.${OPENS}, history)) AS openings,
        arrayMap(state -> ifNull(state, 0),
          ${lastKnown(`arrayMap(e -> if(e.${OPENS} OR e.${CLOSES}, toNullable(e.${OPENS}), NULL), history)`)}) AS opens,
        arrayPushFront(arrayPopBack(opens), 0) AS opens_before,
        ${lastKnown(`arrayMap((e, now, before) -> if(now AND NOT before, toNullable(e.${AT}), NULL), history, opens, opens_before)`)} AS opened_ats,
        ${known.map(one => `${one},`).join('\n        ')}
        arrayMap(i -> (history[i].${AT}, if(i = length(history), ${NEVER}, history[i + 1].${AT}), opens_before[i], opens[i], ifNull(opened_ats[i], 0),
          ${member}, openings[i] > 0 AND ${meets}), arrayEnumerate(history)) AS steps
      FROM ${DURABLE_EVENTS}
      WHERE ${ofEvents(events, params)} AND isNotNull(${column(item)}) AND ${until(boundsOf(spans)[1], params)}
      GROUP BY ${column(item)}
    )
    ARRAY JOIN steps AS step`
}
