import { whereSchema } from '@northstar/catalogue'
import * as z from 'zod'
import { BEFORE_FIRST } from '../cells.ts'
import { queriedKind } from '../define.ts'
import { checkWhere, eventsField, propertyTraits } from '../fields.ts'
import { boundsOf, column, conditions, EVENTS, MS, memberSql, ofEvents, spanOf, until } from '../sql.ts'

const sampleTraits = propertyTraits('of', true)

/** The last sample at the end of the period, however long ago it was taken. */
export const latest = queriedKind({
  description: 'The last sample at the end of the period, such as a number of stars.',
  fields: {
    events: eventsField.describe('The event kinds that carry the samples.'),
    of: z.string().describe('The property that holds the sample.'),
    overall: whereSchema.default([]).describe('The samples of the whole, used where a question has no breakdown.'),
  },
  trend: 'stands',
  ...sampleTraits,
  check: (given, plan) => [...sampleTraits.check(given, plan), ...checkWhere(['overall'], given.overall, given.events, plan)],
  readsEvents: ({ events }) => events,
  empty: { value: null, sample: 0 },
  carries: 'value',
  query({ events, of, overall }, { spans, where, plan, params, by }) {
    const asked = new Set([by, ...where.map(filter => filter.property)])
    const filters = [...where, ...overall.filter(filter => !asked.has(filter.property))]
    const [from, to] = boundsOf(spans)
    const { member, selected } = memberSql(by)
    return `
      SELECT if(${MS} < ${params.add(from, 'Int64')}, toInt64(${BEFORE_FIRST}), ${spanOf(MS, spans, params)}) AS span${selected},
        argMax(${column(of)}, (timestamp, received_at, id_key)) AS value, count() AS sample
      FROM ${EVENTS}
      WHERE ${ofEvents(events, params)} AND isNotNull(${column(of)}) AND ${until(to, params)} AND ${conditions(filters, plan, params)}
      GROUP BY span${member}`
  },
})
