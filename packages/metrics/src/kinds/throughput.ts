import { queriedKind } from '../define.ts'
import { spanOf } from '../sql.ts'
import { itemSteps } from './item-steps.ts'
import { openingTraits } from './items.ts'

/** How often an open item was closed in the period. What was closed already, or never seen to be opened, does not count. */
export const throughput = queriedKind({
  description: 'How many open items were closed in the period, such as bugs fixed.',
  accumulates: true,
  units: ['count', 'number'],
  ...openingTraits,
  empty: { value: 0, sample: 0 },
  query(definition, context) {
    const { spans, params, by } = context
    return `
      SELECT ${spanOf('at', spans, params)} AS span, ${by === undefined ? '' : 'member,'} count() AS value, count() AS sample
      FROM (${itemSteps(definition, context)})
      WHERE was_open AND NOT is_open AND counts AND at >= ${params.add(spans[0]?.from ?? 0, 'Int64')}
      GROUP BY span${by === undefined ? '' : ', member'}`
  },
})
