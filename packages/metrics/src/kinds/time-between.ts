import { whereSchema } from '@northstar/catalogue'
import * as z from 'zod'
import { queriedKind } from '../define.ts'
import { dimensionsOf, eventsField } from '../fields.ts'
import { column, conditions, EVENTS, MS, ofEvents, spanOf } from '../sql.ts'
import { checkItems, itemProperties } from './items.ts'

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, hours: 3_600_000 }

/** How long items took from their first `start` to their first `end`, of those that ended in the period. */
export const timeBetween = queriedKind({
  description: 'The mean or median time from one event of an item to another, such as from opened to closed.',
  fields: {
    events: eventsField.describe('The event kinds that report on the items.'),
    item: z.string().describe('The property that names the item.'),
    start: whereSchema.describe('The events from which the time runs.'),
    end: whereSchema.describe('The events that end it.'),
    statistic: z.enum(['mean', 'median']).default('mean').describe('Which of the times stands for all. Default: mean.'),
  },
  units: ['ms', 'hours'],
  check: (given, plan) => checkItems(given, { start: given.start, end: given.end }, plan),
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  empty: { value: null, sample: 0 },
  query({ events, item, start, end, statistic }, context) {
    const { spans, plan, params, by, unit } = context
    const starts = conditions(start, plan, params)
    const ends = conditions(end, plan, params)
    const own = itemProperties(context)
    const length = `(ended - started) / ${params.add(UNIT_MS[unit] ?? UNIT_MS.hours ?? 1, 'Int64')}`
    // The rows have no upper bound: else an item's own properties, and so its place in a breakdown, would depend on how far the question reaches.
    return `
      SELECT ${spanOf('ended', spans, params)} AS span, ${by === undefined ? '' : 'member,'}
        ${statistic === 'mean' ? `avg(${length})` : `quantileExactInclusive(0.5)(${length})`} AS value, count() AS sample
      FROM (
        SELECT ${column(item)} AS item, minIf(${MS}, ${starts}) AS started, minIf(${MS}, ${ends}) AS ended${own.select}
        FROM ${EVENTS}
        WHERE ${ofEvents(events, params)} AND isNotNull(${column(item)})
        GROUP BY item
        HAVING countIf(${starts}) > 0 AND countIf(${ends}) > 0 AND ended >= started
          AND ended >= ${params.add(spans[0]?.from ?? 0, 'Int64')} AND ended < ${params.add(spans.at(-1)?.to ?? 0, 'Int64')}${own.having}
      )
      GROUP BY span${by === undefined ? '' : ', member'}`
  },
})
