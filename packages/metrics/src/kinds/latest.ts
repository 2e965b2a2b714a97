import { whereProblems, whereSchema } from '@northstar/catalogue'
import * as z from 'zod'
import { BEFORE_FIRST } from '../cells.ts'
import { queriedKind } from '../define.ts'
import { checkEvents, checkProperty, dimensionsOf, eventsField } from '../fields.ts'
import { column, conditions, EVENTS, MS, ofEvents, spanOf, until } from '../sql.ts'

/** The last sample at the end of the period, however long ago it was taken. */
export const latest = queriedKind({
  description: 'The last sample at the end of the period, such as a number of stars.',
  fields: {
    events: eventsField.describe('The event kinds that carry the samples.'),
    of: z.string().describe('The property that holds the sample.'),
    overall: whereSchema.default([]).describe('Which samples stand for the whole where no breakdown is asked for.'),
  },
  trend: 'stands',
  check: ({ events, of, overall }, plan) => [
    ...checkEvents(['events'], events, plan),
    ...checkProperty(['of'], of, events, plan, true),
    ...whereProblems(overall, dimensionsOf(events, plan), plan).map(m => ({ ...m, path: ['overall', ...m.path] })),
  ],
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  readsEvents: ({ events }) => events,
  empty: { value: null, sample: 0 },
  carries: 'value',
  query({ events, of, overall }, { spans, where, plan, params, by }) {
    const asked = new Set([by, ...where.map(filter => filter.property)])
    const filters = [...where, ...overall.filter(filter => !asked.has(filter.property))]
    const from = params.add(spans[0]?.from ?? 0, 'Int64')
    return `
      SELECT if(${MS} < ${from}, toInt64(${BEFORE_FIRST}), ${spanOf(MS, spans, params)}) AS span, ${by === undefined ? '' : `toString(${column(by)}) AS member,`}
        argMax(${column(of)}, (timestamp, received_at, id_key)) AS value, count() AS sample
      FROM ${EVENTS}
      WHERE ${ofEvents(events, params)} AND isNotNull(${column(of)}) AND ${until(spans.at(-1)?.to ?? 0, params)} AND ${conditions(filters, plan, params)}
      GROUP BY span${by === undefined ? '' : ', member'}`
  },
})
