import * as z from 'zod'
import { grouped } from '../counting-sql.ts'
import { queriedKind } from '../define.ts'
import { checkEvents, checkProperty, dimensionsOf, eventsField } from '../fields.ts'
import { all, column, conditions, ofEvents, rowTime } from '../sql.ts'

/** How many different values of a property. None is 0. The sample is how many events carried the property. */
export const distinct = queriedKind({
  description: 'How many different values a property has, such as versions in use.',
  fields: { events: eventsField.describe('The event kinds that carry the property.'), of: z.string().describe('The property.') },
  trend: 'rises',
  accumulates: true,
  units: ['count', 'number'],
  check: ({ events, of }, plan) => [...checkEvents(['events'], events, plan), ...checkProperty(['of'], of, events, plan, false)],
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  readsEvents: ({ events }) => events,
  empty: { value: 0, sample: 0 },
  query({ events, of }, { spans, where, plan, params, by }) {
    const time = rowTime(spans, params)
    return grouped({
      time,
      member: by === undefined ? undefined : column(by),
      selected: [
        ['value', `uniqExact(${column(of)})`],
        ['sample', 'count()'],
      ],
      where: all([
        ofEvents(events, params),
        time.within(spans[0]?.from ?? 0, spans.at(-1)?.to ?? 0),
        `isNotNull(${column(of)})`,
        conditions(where, plan, params),
      ]),
    })
  },
})
