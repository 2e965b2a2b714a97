import * as z from 'zod'
import { cohortKind } from '../define.ts'
import { eventsField, eventsTraits } from '../fields.ts'
import { beginsOf, boundsOf, conditions, EVENTS, firstsOf, memberSql, NEVER, ofEvents, rowTime, USER } from '../sql.ts'

/**
 * Of users whose first event lies in the cohort's period, the share with an event so many periods later. In a breakdown a user belongs to the
 * value of the first event.
 */
export const retention = cohortKind({
  description: 'Of users who began in a period, the share who came back so many periods later.',
  fields: {
    events: eventsField.describe('The event kinds by which a user begins and comes back.'),
    offsets: z.int().min(1).max(520).default(52).describe('The last period after the cohort’s own to show. Default: 52.'),
  },
  targetDimensions: ['offset'],
  units: ['ratio'],
  ...eventsTraits,
  offsets: ({ offsets }) => offsets,
  query({ events }, { spans, where, plan, params, by }) {
    const [from, to] = boundsOf(spans)
    const time = rowTime(spans, params)
    const begins = beginsOf(spans, params)
    const { member } = memberSql(by)
    const begun = firstsOf(events, { to, where, plan, params, ...(by !== undefined && { by }) })
    return `
      SELECT ${begins}[cohort + 1] AS cohort_from, at - cohort AS offset${member}, count() AS users
      FROM (
        SELECT min(began) AS start${member && `, anyIf(tuple(given), began < ${NEVER}).1 AS member`}, indexOf(${begins}, roundDown(start, ${begins})) - 1 AS cohort, groupArrayArray(places) AS active
        FROM (
          SELECT user, began${member && ', member AS given'}, CAST([], 'Array(UInt64)') AS places FROM (${begun})
          UNION ALL
          SELECT ${USER} AS user, ${NEVER} AS began${member && ", CAST(NULL, 'Nullable(String)') AS given"}, ${time.places()} AS places
          FROM ${EVENTS}
          WHERE ${ofEvents(events, params)} AND ${USER} != 0 AND ${time.within(from, to)} AND ${conditions(where, plan, params)}
          GROUP BY user
        )
        GROUP BY user
        HAVING start >= ${params.add(from, 'Int64')}
      )
      ARRAY JOIN active AS at
      GROUP BY cohort, at${member}`
  },
})
