import { queriedKind } from '../define.ts'
import { eventsField, eventsTraits } from '../fields.ts'
import { conditions, EVENTS, ofEvents, rowTime, USER } from '../sql.ts'

/** The share of users active in the period before who are not active in this one. */
export const churn = queriedKind({
  description: 'Of users active in the period before, the share who are not active in this one.',
  fields: { events: eventsField.describe('The event kinds that make a user active.') },
  filtersOnly: true,
  proportion: true,
  units: ['ratio'],
  ...eventsTraits,
  empty: { value: null, sample: 0 },
  query({ events }, { spans, before, where, plan, params }) {
    const first = spans[0]?.from ?? 0
    // The part of the first period that the question cuts off counts for the period after it.
    const cutOff = before.to < first ? [{ from: before.to, to: first }] : []
    const earlier = [before, ...cutOff]
    const pieces = [...earlier, ...spans]
    const time = rowTime(pieces, params)
    const begins = params.add(
      spans.map(span => span.from),
      'Array(Int64)',
    )
    // By piece, the place of the span of which it belongs to the period before.
    const nexts = params.add([1, ...cutOff.map(() => 2), ...spans.map((_, i) => i + 2)], 'Array(UInt32)')
    return `
      SELECT ${begins}[next] AS span, countIf(NOT has(active, next - 1 + ${earlier.length})) / count() AS value, count() AS sample
      FROM (
        SELECT ${time.places()} AS active
        FROM ${EVENTS}
        WHERE ${ofEvents(events, params)} AND ${USER} != 0 AND ${time.within(before.from, spans.at(-1)?.to ?? 0)}
          AND ${conditions(where, plan, params)}
        GROUP BY ${USER}
      )
      ARRAY JOIN arrayDistinct(arrayMap(piece -> ${nexts}[piece + 1], active)) AS next
      WHERE next <= ${params.add(spans.length, 'UInt32')}
      GROUP BY next`
  },
})
