import * as z from 'zod'
import { cohortKind } from '../define.ts'
import { checkEvents, dimensionsOf, eventsField } from '../fields.ts'
import { conditions, EVENTS, firstsOf, ofEvents, rowTime, USER } from '../sql.ts'

/** Of users whose first event lies in the cohort's period, the share with one so many periods later. */
export const retention = cohortKind({
  description: 'Of users who began in a period, the share who came back so many periods later.',
  fields: {
    events: eventsField.describe('The event kinds by which a user begins and comes back.'),
    offsets: z.int().min(1).max(520).default(52).describe('The last period after the cohort’s own to show.'),
  },
  filtersOnly: true,
  targetDimensions: ['offset'],
  check: ({ events }, plan) => checkEvents(['events'], events, plan),
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  offsets: ({ offsets }) => offsets,
  query({ events }, { spans, where, plan, params }) {
    const from = spans[0]?.from ?? 0
    const to = spans.at(-1)?.to ?? 0
    const begins = spans.map(span => span.from)
    const time = rowTime(spans, params)
    const list = params.add(begins, 'Array(Int64)')
    const never = `toInt64(${Number.MAX_SAFE_INTEGER})`
    return `
      SELECT ${list}[cohort] AS cohort_from, at - cohort AS offset, count() AS users
      FROM (
        SELECT user, min(began) AS start, toUInt16(indexOf(${list}, roundDown(start, ${list}))) AS cohort, groupArrayIf(at, at > 0) AS active
        FROM (
          SELECT user, began, toUInt16(0) AS at FROM (${firstsOf(events, { to, where, plan, params })})
          UNION ALL
          SELECT DISTINCT ${USER} AS user, ${never} AS began, ${time.nth()} AS at
          FROM ${EVENTS}
          WHERE ${ofEvents(events, params)} AND ${USER} != 0 AND ${time.within(from, to)} AND ${conditions(where, plan, params)}
        )
        GROUP BY user
        HAVING start >= ${params.add(from, 'Int64')}
      )
      ARRAY JOIN active AS at
      GROUP BY cohort, at`
  },
})
