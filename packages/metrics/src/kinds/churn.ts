import { queriedKind } from '../define.ts'
import { checkEvents, dimensionsOf, eventsField } from '../fields.ts'
import { conditions, EVENTS_AND_REPEATS, MS, ofEvents, since, until } from '../sql.ts'

/** Of users active in the period before, the share who are not in this one. */
export const churn = queriedKind({
  description: 'Of users active in the period before, the share who are not active in this one.',
  fields: { events: eventsField.describe('The event kinds that make a user active.') },
  filtersOnly: true,
  check: ({ events }, plan) => checkEvents(['events'], events, plan),
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  empty: { value: null, sample: 0 },
  query({ events }, { spans, before, where, plan, params }) {
    const begins = params.add([before.from, ...spans.map(span => span.from)], 'Array(Int64)')
    const first = spans[0]?.from ?? 0
    // A first span that was cut leaves a gap after the period before it, which belongs to neither.
    const inGap = `(${since(before.to, params)} AND ${until(first, params)})`
    return `
      SELECT ${begins}[previous + 1] AS span, countIf(NOT has(active, previous + 1)) / count() AS value, count() AS sample
      FROM (
        SELECT user_id, groupUniqArray(toUInt32(indexOf(${begins}, roundDown(${MS}, ${begins})))) AS active
        FROM ${EVENTS_AND_REPEATS}
        WHERE ${ofEvents(events, params)} AND user_id != '' AND ${since(before.from, params)} AND ${until(spans.at(-1)?.to ?? 0, params)}
          AND NOT ${inGap} AND ${conditions(where, plan, params)}
        GROUP BY user_id
      )
      ARRAY JOIN active AS previous
      WHERE previous < ${params.add(spans.length + 1, 'UInt32')}
      GROUP BY previous`
  },
})
