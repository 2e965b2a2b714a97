import * as z from 'zod'
import { countedKind } from '../define.ts'
import { numberTraits } from '../fields.ts'

/** The value below which the given percentage of the observations lie, interpolated linearly between the two nearest ones. */
export const percentile = countedKind({
  description:
    'A percentile of a number, such as the 95th of response times: exact up to half a million values, beyond them and live within 1%.',
  ...numberTraits,
  fields: {
    ...numberTraits.fields,
    percentile: z.number().min(0).max(100).describe('The level, 0 to 100; 50 is the median.'),
  },
  percentile: ({ percentile: level }) => level,
  parts: ({ events, of }) => [{ kind: 'percentiles', events, of, where: [] }],
  levels: ({ percentile: level }) => [level / 100],
  value: ({ percentile: level }, [values]) => ({ value: values?.quantile(level / 100) ?? null, sample: values?.count ?? 0 }),
  sql: ({ percentile: level }, [values]) => ({ value: values?.quantile(level / 100) ?? 'NULL', sample: values?.count ?? '0' }),
})
