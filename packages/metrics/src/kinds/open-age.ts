import { queriedKind } from '../define.ts'
import { beginsOf, memberSql } from '../sql.ts'
import { countUpTo, endsOf } from './ends.ts'
import { itemSteps } from './item-steps.ts'
import { openingTraits } from './items.ts'
import { checkStatistic, inUnit, statisticFields, statisticSql } from './statistic.ts'

/** The ages of the items that are open at the end of the period, or now. The sample is their number. */
export const openAge = queriedKind({
  description: 'The mean, median, maximum or a percentile of how long the items that are open at the end of the period have been open.',
  ...openingTraits,
  fields: { ...openingTraits.fields, ...statisticFields },
  units: ['ms', 'hours'],
  check: (given, plan) => [...openingTraits.check(given, plan), ...checkStatistic(given)],
  empty: { value: null, sample: 0 },
  // An item is read once for each period in which it is open.
  spansAtMost: 1_000,
  query(definition, context) {
    const { spans, params, by, unit } = context
    const ends = endsOf(context)
    const { member } = memberSql(by)
    return `
      WITH ${ends} AS ends
      SELECT ${beginsOf(spans, params)}[place] AS span${member},
        ${statisticSql(definition, inUnit('ends[place] - opened_at', unit))} AS value, count() AS sample
      FROM (${itemSteps(definition, context)})
      ARRAY JOIN range(${countUpTo('at', 'ends')} + 1, least(${countUpTo('next_at', 'ends')}, toUInt64(${spans.length})) + 1) AS place
      WHERE is_open AND counts
      GROUP BY place${member}`
  },
})
