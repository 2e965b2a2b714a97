import { whereSchema } from '@northstar/catalogue'
import * as z from 'zod'
import { queriedKind } from '../define.ts'
import { eventsField, eventsTraits } from '../fields.ts'
import { boundsOf, column, conditions, DURABLE_EVENTS, MS, memberSql, ofEvents, spanOf } from '../sql.ts'
import { checkItems, itemProperties } from './items.ts'
import { checkStatistic, inUnit, statisticFields, statisticSql } from './statistic.ts'

/** How long items took from their first `start` to their first `end`, of those that ended in the period. */
export const timeBetween = queriedKind({
  description: 'The mean, median, maximum or a percentile of the time from one event of an item to another, such as from opened to closed.',
  fields: {
    events: eventsField.describe('The event kinds that report on the items.'),
    item: z.string().describe('The property that names the item.'),
    start: whereSchema.describe('The events from which the time runs.'),
    end: whereSchema.describe('The events that end it.'),
    ...statisticFields,
  },
  units: ['ms', 'hours'],
  check: (given, plan) => [...checkItems(given, { start: given.start, end: given.end }, plan), ...checkStatistic(given)],
  dimensions: eventsTraits.dimensions,
  durableEvents: ({ events }) => events,
  readsEvents: ({ events }) => events,
  empty: { value: null, sample: 0 },
  query({ events, item, start, end, ...statistic }, context) {
    const { spans, plan, params, by, unit } = context
    const starts = conditions(start, plan, params)
    const ends = conditions(end, plan, params)
    const own = itemProperties(context)
    const [from, to] = boundsOf(spans)
    const { member } = memberSql(by)
    // The rows have no upper bound: otherwise an item's properties, and so its member of a breakdown, would depend on the end of the question.
    return `
      SELECT ${spanOf('ended', spans, params)} AS span${member},
        ${statisticSql(statistic, inUnit('ended - started', unit))} AS value, count() AS sample
      FROM (
        SELECT ${column(item)} AS item, minIf(${MS}, ${starts}) AS started, minIf(${MS}, ${ends}) AS ended${own.select}
        FROM ${DURABLE_EVENTS}
        WHERE ${ofEvents(events, params)} AND isNotNull(${column(item)})
        GROUP BY item
        HAVING countIf(${starts}) > 0 AND countIf(${ends}) > 0 AND ended >= started
          AND ended >= ${params.add(from, 'Int64')} AND ended < ${params.add(to, 'Int64')}${own.having}
      )
      GROUP BY span${member}`
  },
})
