import { withFilters } from './counted.ts'
import { splits } from './counting-sql.ts'
import { type IdRollup, idsOf } from './ids-sql.ts'
import type { MetricCatalogue } from './metric-catalogue.ts'
import { metricKinds } from './registry.ts'
import { type SketchRollup, sketched } from './sketches-sql.ts'
import type { Rollups } from './stored-counts.ts'

/** The rollups that the warehouse keeps. */
export interface MetricRollup {
  readonly name: string
  /** `SELECT …, aggregates GROUP BY …` of columns of `events`, without FROM. */
  readonly select: string
}

export const NO_ROLLUPS: Rollups = { sketches: [], ids: [] }

/** The rollups of a catalogue: as few as possible, since each adds files to every insert. */
export const rollupsOf = (catalogue: MetricCatalogue): Rollups => ({ sketches: sketchRollups(catalogue), ids: idRollups(catalogue) })

/** One rollup for each breakdown of percentiles, which also has the numbers without a breakdown. */
function sketchRollups(catalogue: MetricCatalogue): readonly SketchRollup[] {
  const asked = partsOf(catalogue).flatMap(({ part: { kind, of }, levels, breakdowns }) =>
    kind === 'percentiles' && of !== undefined ? breakdowns.map(by => ({ of, levels, by })) : [],
  )
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

/** One rollup for users and one for sessions, if they are counted over all events. For single kinds rows are read about as quickly. */
function idRollups(catalogue: MetricCatalogue): readonly IdRollup[] {
  const asked = partsOf(catalogue).flatMap(({ part: { kind, of, events }, breakdowns }) =>
    kind === 'unique' && of !== undefined && events.length === 0 ? breakdowns.map(by => ({ of, by })) : [],
  )
  const ids = [...new Set(asked.map(({ of }) => of))]
  // A user of one version usually has one platform, so a further property adds few groups.
  return ids.map(of => ({ of, by: [...new Set(asked.flatMap(one => (one.of === of ? one.by : [])))].sort() }))
}

const holds = (set: readonly string[], names: readonly string[]) => names.every(name => set.includes(name))

/** The parts of all metrics, each with the sets of properties with few values by which it is broken down and filtered. */
function partsOf({ metrics, plan }: MetricCatalogue) {
  const few = plan.columns.filter(({ type, lowCardinality }) => lowCardinality || type === 'boolean').map(({ name }) => name)
  return [...metrics.values()].flatMap(metric => {
    const kind = metricKinds.get(metric.kind)
    if (kind?.source !== 'counted') return []
    return kind.parts(metric.definition).map(given => {
      const part = withFilters(given, metric.where, plan)
      const filtered = part.where.map(({ property }) => property)
      const members = metric.by.filter(property => splits(part, property, plan))
      const breakdowns = [[], ...members.map(member => [member])]
        .map(by => [...new Set([...filtered, ...by])].sort())
        .filter(by => holds(few, by))
      return { part, levels: kind.levels?.(metric.definition) ?? [], breakdowns }
    })
  })
}

export function metricRollups(catalogue: MetricCatalogue): readonly MetricRollup[] {
  const { sketches, ids } = rollupsOf(catalogue)
  const counts = partsOf(catalogue).some(({ part: { kind, where } }) => kind === 'count' && where.length === 0)
  return [
    ...(counts ? [rollup('events', [], ['event', 'timestamp_hour'], ['count()'])] : []),
    ...sketches.map(({ by, numbers }) => {
      const aggregates = [...numbers].flatMap(([of, levels]) => [`count(${of})`, sketched(of, levels)])
      return rollup('percentiles', by, ['event', 'timestamp_hour', ...by], aggregates)
    }),
    ...ids.map(({ of, by }) => rollup(of, by, ['timestamp_hour', ...by], idsOf(of))),
  ]
}

const rollup = (what: string, by: readonly string[], keys: readonly string[], aggregates: readonly string[]): MetricRollup => ({
  name: by.length === 0 ? what : `${what}_by_${by.join('_and_')}`,
  select: `SELECT ${[...keys, ...aggregates].join(', ')} GROUP BY ${keys.join(', ')}`,
})
