import * as z from 'zod'
import { cohortKind } from '../define.ts'
import { eventsField, eventsTraits } from '../fields.ts'
import { conditions, EVENTS, firstsOf, ofEvents, rowTime, USER } from '../sql.ts'

/**
 * Of users whose first event lies in the cohort's period, the share with one so many periods later. By a property, a user belongs to the value
 * of the first event, whatever the later ones say.
 */
export const retention = cohortKind({
  description: 'Of users who began in a period, the share who came back so many periods later.',
  fields: {
    events: eventsField.describe('The event kinds by which a user begins and comes back.'),
    offsets: z.int().min(1).max(520).default(52).describe('The last period after the cohort’s own to show.'),
  },
  targetDimensions: ['offset'],
  units: ['ratio'],
  ...eventsTraits,
  offsets: ({ offsets }) => offsets,
  query({ events }, { spans, where, plan, params, by }) {
    const from = spans[0]?.from ?? 0
    const to = spans.at(-1)?.to ?? 0
    const begins = spans.map(span => span.from)
    const time = rowTime(spans, params)
    const list = params.add(begins, 'Array(Int64)')
    const never = `toInt64(${Number.MAX_SAFE_INTEGER})`
    const member = by === undefined ? '' : ', member'
    const begun = firstsOf(events, { to, where, plan, params, ...(by !== undefined && { by }) })
    return `
      SELECT ${list}[cohort + 1] AS cohort_from, at - cohort AS offset${member}, count() AS users
      FROM (
        SELECT min(began) AS start${by === undefined ? '' : `, anyIf(tuple(given), began < ${never}).1 AS member`}, indexOf(${list}, roundDown(start, ${list})) - 1 AS cohort, groupArrayArray(places) AS active
        FROM (
          SELECT user, began${by === undefined ? '' : ', member AS given'}, CAST([], 'Array(UInt64)') AS places FROM (${begun})
          UNION ALL
          SELECT ${USER} AS user, ${never} AS began${by === undefined ? '' : ", CAST(NULL, 'Nullable(String)') AS given"}, ${time.places()} AS places
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
