import * as z from 'zod'
import { cohortKind } from '../define.ts'
import { checkEvents, dimensionsOf, eventsField } from '../fields.ts'
import { conditions, EVENTS_AND_REPEATS, MS, ofEvents, until } from '../sql.ts'

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
    const begins = params.add(
      spans.map(span => span.from),
      'Array(Int64)',
    )
    return `
      SELECT ${begins}[cohort] AS cohort_from, at - cohort AS offset, count() AS users
      FROM (
        SELECT user_id, toUInt32(indexOf(${begins}, roundDown(min(${MS}), ${begins}))) AS cohort,
          groupUniqArray(toUInt32(indexOf(${begins}, roundDown(${MS}, ${begins})))) AS active
        FROM ${EVENTS_AND_REPEATS}
        WHERE ${ofEvents(events, params)} AND user_id != '' AND ${until(spans.at(-1)?.to ?? 0, params)} AND ${conditions(where, plan, params)}
        GROUP BY user_id
        HAVING min(${MS}) >= ${params.add(spans[0]?.from ?? 0, 'Int64')}
      )
      ARRAY JOIN active AS at
      GROUP BY cohort, at`
  },
})
