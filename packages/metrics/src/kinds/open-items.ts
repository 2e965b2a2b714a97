import { queriedKind } from '../define.ts'
import { beginsOf, memberSql, NEVER } from '../sql.ts'
import { itemSteps } from './item-steps.ts'
import { openingTraits } from './items.ts'

/** How many items are open at the end of the period: whose last opening or closing was an opening. The sample is how many have been opened. */
export const openItems = queriedKind({
  description: 'Items opened and not closed at the end of the period, such as bugs.',
  trend: 'stands',
  units: ['count', 'number'],
  ...openingTraits,
  empty: { value: 0, sample: 0 },
  carries: 'cell',
  query(definition, context) {
    const { spans, params, by } = context
    // An item is added to the open ones in the span of one of its events and subtracted in that of the next, so events are read once,
    // however many periods there are.
    return `
      SELECT span${memberSql(by).member}, sum(opens) OVER running AS value, sum(counted) OVER running AS sample
      FROM (
        SELECT roundDown(change.1, ${beginsOf(spans, params)}) AS span, member, sum(change.2 * is_open) AS opens, sum(change.2) AS counted
        FROM (${itemSteps(definition, context)})
        ARRAY JOIN [(at, toInt64(1)), (next_at, toInt64(-1))] AS change
        WHERE counts AND change.1 != ${NEVER}
        GROUP BY span, member
      )
      WINDOW running AS (PARTITION BY member ORDER BY span ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
  },
})
