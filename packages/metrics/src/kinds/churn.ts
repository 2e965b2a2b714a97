import type { CalendarSpan, PeriodSpan } from '@northstar/catalogue'
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
    const periods = [before, ...spans.filter((_, i) => i !== cutOff(spans))]
    const begins = periods.map(({ from }) => from)
    const time = rowTime(periods, params)
    const active = joined(periods)
      .map(({ from, to }) => time.within(from, to))
      .join(' OR ')
    return `
      SELECT ${params.add(begins, 'Array(Int64)')}[previous + 1] AS span, countIf(NOT has(active, previous + 1)) / count() AS value, count() AS sample
      FROM (
        SELECT user, groupArray(at) AS active
        FROM (
          SELECT DISTINCT ${USER} AS user, ${time.nth()} AS at
          FROM ${EVENTS}
          WHERE ${ofEvents(events, params)} AND ${USER} != 0 AND (${active})
            AND ${conditions(where, plan, params)}
        )
        GROUP BY user
      )
      ARRAY JOIN active AS previous
      WHERE previous < ${params.add(periods.length, 'UInt32')}
      GROUP BY previous`
  },
})

/** The place of what was cut off a first span: it lies between that and the whole period before, where both are asked, and belongs to neither. */
const cutOff = (spans: readonly CalendarSpan[]) => (spans.length > 2 && spans[0]?.whole && !spans[1]?.whole ? 1 : -1)

/** Those that follow each other as one. */
function joined(periods: readonly PeriodSpan[]): readonly PeriodSpan[] {
  const found: PeriodSpan[] = []
  for (const { from, to } of periods) {
    const last = found.at(-1)
    if (last?.to === from) found[found.length - 1] = { from: last.from, to }
    else found.push({ from, to })
  }
  return found
}
