import * as z from 'zod'
import { grouped } from '../counting-sql.ts'
import { queriedKind } from '../define.ts'
import { checkEvents, checkProperty, dimensionsOf, eventsField } from '../fields.ts'
import { all, column, conditions, ofEvents, rowTime } from '../sql.ts'

/** The smallest or largest number of the events that carry it; the sample is how many those are. */
const extreme = (aggregate: 'min' | 'max', description: string) =>
  queriedKind({
    description,
    fields: { events: eventsField.describe('The event kinds that carry the number.'), of: z.string().describe('The property.') },
    check: ({ events, of }, plan) => [...checkEvents(['events'], events, plan), ...checkProperty(['of'], of, events, plan, true)],
    dimensions: ({ events }, plan) => dimensionsOf(events, plan),
    readsEvents: ({ events }) => events,
    empty: { value: null, sample: 0 },
    query({ events, of }, { spans, where, plan, params, by }) {
      const time = rowTime(spans, params)
      return grouped({
        time,
        member: by === undefined ? undefined : column(by),
        selected: [
          ['value', `${aggregate}(${column(of)})`],
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

export const minimum = extreme('min', 'The smallest value of a number, such as the shortest response time.')
export const maximum = extreme('max', 'The largest value of a number, such as the longest response time.')
