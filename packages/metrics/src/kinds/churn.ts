import { queriedKind } from '../define.ts'
import { checkEvents, dimensionsOf, eventsField } from '../fields.ts'
import { conditions, EVENTS, ofEvents, rowTime, USER } from '../sql.ts'

/** Of users active in the period before, the share who are not in this one. */
export const churn = queriedKind({
  description: 'Of users active in the period before, the share who are not active in this one.',
  fields: { events: eventsField.describe('The event kinds that make a user active.') },
  filtersOnly: true,
  check: ({ events }, plan) => checkEvents(['events'], events, plan),
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  empty: { value: null, sample: 0 },
  query({ events }, { spans, before, where, plan, params }) {
    const begins = [before.from, ...spans.map(span => span.from)]
    const [first, to] = [spans[0]?.from ?? 0, spans.at(-1)?.to ?? 0]
    const time = rowTime([before, ...spans], params)
    // A first span that was cut leaves a gap after the period before it, which belongs to neither.
    const active =
      before.to === first ? time.within(before.from, to) : `${time.within(before.from, before.to)} OR ${time.within(first, to)}`
    return `
      SELECT ${params.add(begins, 'Array(Int64)')}[previous + 2] AS span, countIf(NOT has(active, previous + 1)) / count() AS value, count() AS sample
      FROM (
        SELECT ${time.places()} AS active
        FROM ${EVENTS}
        WHERE ${ofEvents(events, params)} AND ${USER} != 0 AND (${active}) AND ${conditions(where, plan, params)}
        GROUP BY ${USER}
      )
      ARRAY JOIN active AS previous
      WHERE previous < ${params.add(spans.length, 'UInt32')}
      GROUP BY previous`
  },
})
