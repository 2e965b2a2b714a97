import { queriedKind } from '../define.ts'
import { eventsField, eventsTraits } from '../fields.ts'
import { beginsOf, boundsOf, conditions, EVENTS, ofEvents, rowTime, USER } from '../sql.ts'

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
    const [first, to] = boundsOf(spans)
    // The part of the first period that the question cuts off counts for the period after it.
    const cutOff = before.to < first ? [{ from: before.to, to: first }] : []
    const earlier = [before, ...cutOff]
    const pieces = [...earlier, ...spans]
    const time = rowTime(pieces, params)
    // By piece, the place of the span whose preceding period it belongs to.
    const nexts = params.add([1, ...cutOff.map(() => 2), ...spans.map((_, i) => i + 2)], 'Array(UInt32)')
    return `
      SELECT ${beginsOf(spans, params)}[next] AS span, countIf(NOT has(active, next - 1 + ${earlier.length})) / count() AS value, count() AS sample
      FROM (
        SELECT ${time.places()} AS active
        FROM ${EVENTS}
        WHERE ${ofEvents(events, params)} AND ${USER} != 0 AND ${time.within(before.from, to)}
          AND ${conditions(where, plan, params)}
        GROUP BY ${USER}
      )
      ARRAY JOIN arrayDistinct(arrayMap(piece -> ${nexts}[piece + 1], active)) AS next
      WHERE next <= ${params.add(spans.length, 'UInt32')}
      GROUP BY next`
  },
})
