import type { Catalogue } from '@northstar/catalogue'
import { withFilters } from './counted.ts'
import { splits } from './counting-sql.ts'
import { metricKinds } from './registry.ts'
import { type Rollup, sketched } from './sketches-sql.ts'

/** What the warehouse is told to keep. */
export interface MetricRollup {
  readonly name: string
  /** `SELECT …, aggregates GROUP BY …` of columns of `events`, without FROM. */
  readonly select: string
}

/** The rollups that the catalogue's percentiles can be read from: one a number and breakdown, none that another one can stand for. */
export function rollupsOf({ metrics, plan }: Catalogue): readonly Rollup[] {
  const few = new Set(plan.columns.filter(({ type, lowCardinality }) => lowCardinality || type === 'boolean').map(({ name }) => name))
  const asked = [...metrics.values()].flatMap(metric => {
    const kind = metricKinds.get(metric.kind)
    if (kind?.source !== 'counted') return []
    return kind.parts(metric.definition).flatMap(part => {
      const { kind: counts, of, where } = withFilters(part, metric.where, plan)
      if (counts !== 'percentiles' || of === undefined) return []
      const own = where.map(({ property }) => property)
      const members = metric.by.filter(property => splits(part, property, plan))
      const levels = kind.levels?.(metric.definition) ?? []
      return [[], ...members.map(member => [member])]
        .map(by => ({ of, by: [...new Set([...own, ...by])].sort(), levels }))
        .filter(({ by }) => by.every(name => few.has(name)))
    })
  })
  return [...new Set(asked.map(({ of }) => of))].flatMap(of => {
    const same = asked.filter(one => one.of === of)
    const levels = [...new Set(same.flatMap(one => one.levels))].sort((a, b) => a - b)
    const sets = [...new Map(same.map(({ by }) => [by.join(), by])).values()]
    return sets.filter(by => !sets.some(other => other !== by && by.every(name => other.includes(name)))).map(by => ({ of, by, levels }))
  })
}

export function metricRollups(catalogue: Catalogue): readonly MetricRollup[] {
  return rollupsOf(catalogue).map(({ of, by, levels }) => {
    const keys = ['event', 'timestamp_hour', ...by].join(', ')
    const select = `SELECT ${keys}, count(${of}), ${sketched(of, levels)} GROUP BY ${keys}`
    return { name: [of, ...by.flatMap((name, i) => [i === 0 ? 'by' : 'and', name])].join('_'), select }
  })
}
