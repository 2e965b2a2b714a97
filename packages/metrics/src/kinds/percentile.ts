import * as z from 'zod'
import { countedKind } from '../define.ts'
import { checkEvents, checkProperty, dimensionsOf, eventsField } from '../fields.ts'

/** The value below which the given percentage of the observations lie, interpolated linearly between the two nearest ones. */
export const percentile = countedKind({
  description:
    'A percentile of a number, such as the 95th of response times: exact up to half a million values, beyond them and live within 1%.',
  fields: {
    events: eventsField.describe('The event kinds that carry the number.'),
    of: z.string().describe('The property.'),
    percentile: z.number().min(0).max(100).describe('50 is the median.'),
  },
  percentile: ({ percentile: level }) => level,
  check: ({ events, of }, plan) => [...checkEvents(['events'], events, plan), ...checkProperty(['of'], of, events, plan, true)],
  dimensions: ({ events }, plan) => dimensionsOf(events, plan),
  parts: ({ events, of }) => [{ kind: 'percentiles', events, of, where: [] }],
  levels: ({ percentile: level }) => [level / 100],
  value: ({ percentile: level }, [values]) => ({ value: values?.quantile(level / 100) ?? null, sample: values?.count ?? 0 }),
  sql: ({ percentile: level }, [values]) => ({ value: values?.quantile(level / 100) ?? 'NULL', sample: values?.count ?? '0' }),
})
