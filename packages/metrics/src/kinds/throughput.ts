import { queriedKind } from '../define.ts'
import { boundsOf, memberSql, spanOf } from '../sql.ts'
import { itemSteps } from './item-steps.ts'
import { openingTraits } from './items.ts'

/** How often an open item was closed in the period. An item that is closed already, or has no known opening, does not count. */
export const throughput = queriedKind({
  description: 'How many open items were closed in the period, such as bugs fixed.',
  accumulates: true,
  units: ['count', 'number'],
  ...openingTraits,
  empty: { value: 0, sample: 0 },
  query(definition, context) {
    const { spans, params, by } = context
    const [from] = boundsOf(spans)
    const { member } = memberSql(by)
    return `
      SELECT ${spanOf('at', spans, params)} AS span${member}, count() AS value, count() AS sample
      FROM (${itemSteps(definition, context)})
      WHERE was_open AND NOT is_open AND counts AND at >= ${params.add(from, 'Int64')}
      GROUP BY span${member}`
  },
})
