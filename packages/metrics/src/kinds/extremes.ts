import { aggregateSql } from '../counting-sql.ts'
import { queriedKind } from '../define.ts'
import { numberTraits } from '../fields.ts'

/** The smallest or largest value of a number. The sample is the number of events that have it. */
const extreme = (aggregate: 'min' | 'max', description: string) =>
  queriedKind({
    description,
    ...numberTraits,
    readsEvents: ({ events }) => events,
    empty: { value: null, sample: 0 },
    query: (definition, context) => aggregateSql(aggregate, definition, context),
  })

export const minimum = extreme('min', 'The smallest value of a number, such as the shortest response time.')
export const maximum = extreme('max', 'The largest value of a number, such as the longest response time.')
