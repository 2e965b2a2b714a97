import { duration } from '@northstar/catalogue'
import { queriedKind } from '../define.ts'
import { checkEvents, dimensionsOf, eventsField } from '../fields.ts'
import { all, column, conditions, EVENTS_AND_REPEATS, ofEvents, spanOf, until } from '../sql.ts'

/** Of users whose first `first` lies in the period, the share whose first `next` came no later than `within` after it. */
export const activation = queriedKind({
  description: 'Of users who began in the period, the share who went on within a time.',
  fields: {
    first: eventsField.describe('The event kinds by which a user begins.'),
    next: eventsField.describe('The event kinds by which a user has gone on.'),
    within: duration.describe('The time allowed, such as 24h.'),
  },
  check: ({ first, next }, plan) => [...checkEvents(['first'], first, plan), ...checkEvents(['next'], next, plan)],
  dimensions: ({ first }, plan) => dimensionsOf(first, plan),
  empty: { value: null, sample: 0 },
  query({ first, next, within }, { spans, where, plan, params, by }) {
    const from = spans[0]?.from ?? 0
    const to = spans.at(-1)?.to ?? 0
    const begins = all([ofEvents(first, params), conditions(where, plan, params)])
    return `
      SELECT ${spanOf('began', spans, params)} AS span, ${by === undefined ? '' : 'member,'} countIf(went_on AND continued <= began + ${params.add(within, 'Int64')}) / count() AS value,
        count() AS sample
      FROM (
        SELECT user_id, toUnixTimestamp64Milli(minIf(timestamp, ${begins})) AS began,
          toUnixTimestamp64Milli(minIf(timestamp, ${ofEvents(next, params)})) AS continued, countIf(${ofEvents(next, params)}) > 0 AS went_on
          ${by === undefined ? '' : `, argMinIf(tuple(toString(${column(by)})), (timestamp, id), ${begins}).1 AS member`}
        FROM ${EVENTS_AND_REPEATS}
        WHERE ${ofEvents([...first, ...next], params)} AND user_id != '' AND ${until(to + within + 1, params)}
        GROUP BY user_id
        HAVING countIf(${begins}) > 0 AND began >= ${params.add(from, 'Int64')} AND began < ${params.add(to, 'Int64')}
      )
      GROUP BY span${by === undefined ? '' : ', member'}`
  },
})
