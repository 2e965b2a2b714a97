import { duration } from '@northstar/catalogue'
import { queriedKind } from '../define.ts'
import { checkEvents, dimensionsOf, eventsField } from '../fields.ts'
import { boundsOf, firstsOf, memberSql, NEVER, spanOf } from '../sql.ts'

/** The share of users with their first `first` in the period whose first `next` came no later than `within` after it. */
export const activation = queriedKind({
  description: 'Of users who began in the period, the share who went on within a time.',
  fields: {
    first: eventsField.describe('The event kinds by which a user begins.'),
    next: eventsField.describe('The event kinds by which a user has gone on.'),
    within: duration.describe('The time allowed, such as 24h.'),
  },
  proportion: true,
  units: ['ratio'],
  check: ({ first, next }, plan) => [...checkEvents(['first'], first, plan), ...checkEvents(['next'], next, plan)],
  dimensions: ({ first }, plan) => dimensionsOf(first, plan),
  settlesAfter: ({ within }) => within,
  empty: { value: null, sample: 0 },
  query({ first, next, within }, { spans, where, plan, params, by }) {
    const [from, to] = boundsOf(spans)
    const begun = firstsOf(first, { to, where, plan, params, ...(by !== undefined && { by }) })
    const gone = firstsOf(next, { to: to + within + 1, where: [], plan, params })
    const { member } = memberSql(by)
    return `
      SELECT ${spanOf('start', spans, params)} AS span${member}, countIf(next <= start + ${params.add(within, 'Int64')}) / count() AS value, count() AS sample
      FROM (
        SELECT user, min(first_at) AS start, min(next_at) AS next${member && ', anyIf(tuple(member), first_at < next_at).1 AS member'}
        FROM (
          SELECT user, began AS first_at, ${NEVER} AS next_at${member} FROM (${begun})
          UNION ALL SELECT user, ${NEVER} AS first_at, began AS next_at${member && ", CAST(NULL, 'Nullable(String)') AS member"} FROM (${gone})
        )
        GROUP BY user
        HAVING start >= ${params.add(from, 'Int64')} AND start < ${params.add(to, 'Int64')}
      )
      GROUP BY span${member}`
  },
})
