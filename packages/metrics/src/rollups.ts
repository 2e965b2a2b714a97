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

/** A number's percentiles that a metric asks for, told apart by some properties. */
interface Asked {
  readonly of: string
  readonly levels: readonly number[]
  readonly by: readonly string[]
}

/**
 * The rollups that all the catalogue's percentiles can be read from. Each costs every insert some files, so there are as few as can be: one
 * for each breakdown, in which numbers that are not broken down lie too.
 */
export function rollupsOf(catalogue: Catalogue): readonly Rollup[] {
  const asked = askedOf(catalogue)
  const sets = [...new Map(asked.map(({ by }) => [by.join(), by])).values()]
  const widest = sets.filter(by => !sets.some(other => other !== by && holds(other, by)))
  const rollups = widest.map(by => ({ by, numbers: new Map<string, readonly number[]>() }))
  for (const { of, by } of asked) {
    const levels = new Set(asked.filter(one => one.of === of).flatMap(one => one.levels))
    rollups
      .find(rollup => holds(rollup.by, by))
      ?.numbers.set(
        of,
        [...levels].sort((a, b) => a - b),
      )
  }
  return rollups
}

const holds = (set: readonly string[], names: readonly string[]) => names.every(name => set.includes(name))

function askedOf({ metrics, plan }: Catalogue): readonly Asked[] {
  const few = plan.columns.filter(({ type, lowCardinality }) => lowCardinality || type === 'boolean').map(({ name }) => name)
  return [...metrics.values()].flatMap(metric => {
    const kind = metricKinds.get(metric.kind)
    if (kind?.source !== 'counted') return []
    return kind.parts(metric.definition).flatMap(part => {
      const { kind: counts, of, where } = withFilters(part, metric.where, plan)
      if (counts !== 'percentiles' || of === undefined) return []
      const filtered = where.map(({ property }) => property)
      const members = metric.by.filter(property => splits(part, property, plan))
      const levels = kind.levels?.(metric.definition) ?? []
      return [[], ...members.map(member => [member])]
        .map(by => ({ of, levels, by: [...new Set([...filtered, ...by])].sort() }))
        .filter(({ by }) => holds(few, by))
    })
  })
}

export function metricRollups(catalogue: Catalogue): readonly MetricRollup[] {
  return rollupsOf(catalogue).map(({ by, numbers }) => {
    const keys = ['event', 'timestamp_hour', ...by].join(', ')
    const aggregates = [...numbers].map(([of, levels]) => `count(${of}), ${sketched(of, levels)}`)
    return {
      name: by.length === 0 ? 'percentiles' : `percentiles_by_${by.join('_and_')}`,
      select: `SELECT ${keys}, ${aggregates.join(', ')} GROUP BY ${keys}`,
    }
  })
}
