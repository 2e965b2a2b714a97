import type { Filter, PeriodSpan } from '@northstar/catalogue'
import { type CellOfMetrics, countedTogether } from '../counted-together.ts'
import type { Cell, CountedKind, MetricKind } from '../kind.ts'
import { createMeasuring, type MeasuringDeps } from '../measuring.ts'
import type { Metric } from '../metric.ts'
import { type Interval, levelsAround } from './intervals.ts'
import { NO_RELEASES } from './releases-section.ts'
import { MIN_SAMPLE } from './verdict.ts'

/** The kinds that have one value for a release. */
export type Series = Exclude<MetricKind, { source: 'cohorts' }>

export interface MetricOfKind<K> {
  readonly metric: Metric
  readonly kind: K
}

/** A release with the span of its life that is compared. */
export interface Side {
  readonly version: string
  readonly span: PeriodSpan
  readonly filters: readonly Filter[]
}

export interface Read extends Cell {
  /** Of a percentile; null for other kinds and small samples. */
  readonly interval: Interval | null
}

/** The values of a metric by member; null is the whole. */
export type Reads = ReadonlyMap<string | null, Read>
/** The cells by metric and member. */
type CellsByMetric<C extends Cell = Cell> = ReadonlyMap<string, ReadonlyMap<string | null, C>>

/** Reads metrics of one release from the warehouse, by metric and member. */
export function createReleaseReader(deps: MeasuringDeps) {
  const { plan, releases } = deps.catalogue
  const { property } = releases ?? NO_RELEASES
  const measure = createMeasuring(deps)

  /** The cells of one release; with `by`, for each value of that property. */
  async function cellsOf<C extends Cell>(kind: Series, metric: Metric, { version, span, filters: others }: Side, by?: string) {
    const filters = [...others, { property, op: 'in', values: [version] } as const]
    const asked = { metric, filters, period: 'total' as const, spans: [{ ...span, whole: true }], ...(by !== undefined && { by }) }
    const { cells } = await measure(kind, asked, 'warehouse')
    const members = by === undefined ? [null] : cells.members.filter(member => member !== null)
    return members.flatMap(member => cells.of(member).map(cell => [member, cell as C] as const))
  }

  /** The cells of counted metrics, read together. */
  async function countedCells<C extends Cell = Cell>(metrics: readonly MetricOfKind<CountedKind>[], side: Side, by?: string) {
    const merged = countedTogether(metrics, plan, by)
    const cells = merged ? await cellsOf<CellOfMetrics>(merged.kind, merged.metric, side, by) : []
    const of = ({ name }: Metric) =>
      cells.flatMap(([member, cell]) => {
        const own = cell.of(name)
        return own ? [[member, own as C] as const] : []
      })
    return new Map(metrics.map(({ metric }) => [metric.name, new Map(of(metric))]))
  }

  /** Counted metrics, with the intervals of percentiles. */
  async function counted(metrics: readonly MetricOfKind<CountedKind>[], side: Side, by?: string): Promise<ReadonlyMap<string, Reads>> {
    const cells = await countedCells(metrics, side, by)
    // Which order statistics enclose a percentile depends on the sample of each member: all are read with a second query.
    const around = new Map(metrics.map(one => [one.metric.name, levelsOf(one, cells)]))
    const atTheirLevels = metrics.flatMap(({ metric, kind }) => {
      const levels = [...new Set([...(around.get(metric.name)?.values() ?? [])].flat())]
      return levels.length > 0 ? [{ metric, kind: atLevels(kind, levels) }] : []
    })
    const ends = await countedCells<CellWithLevels>(atTheirLevels, side, by)
    const intervalOf = (name: string, member: string | null): Interval | null => {
      const [low, high] = (around.get(name)?.get(member) ?? []).map(level => ends.get(name)?.get(member)?.at(level))
      return low == null || high == null ? null : [low, high]
    }
    return new Map(
      [...cells].map(([name, of]) => [
        name,
        new Map([...of].map(([member, cell]) => [member, { ...cell, interval: intervalOf(name, member) }])),
      ]),
    )
  }

  /** A metric that has a query of its own. */
  async function queried({ metric, kind }: MetricOfKind<Series>, side: Side, by?: string): Promise<ReadonlyMap<string, Reads>> {
    const cells = await cellsOf(kind, metric, side, by)
    return new Map([[metric.name, new Map(cells.map(([member, cell]) => [member, { ...cell, interval: null }]))]])
  }

  return { counted, queried }
}

/** The levels around the percentile of each member with a sufficient sample; empty for kinds that are no percentiles. */
function levelsOf({ metric, kind }: MetricOfKind<CountedKind>, cells: CellsByMetric): ReadonlyMap<string | null, readonly number[]> {
  const level = kind.percentile?.(metric.definition)
  const own = level === undefined ? [] : [...(cells.get(metric.name) ?? [])]
  return new Map(own.map(([member, { sample }]) => [member, sample < MIN_SAMPLE ? [] : (levelsAround((level ?? 0) / 100, sample) ?? [])]))
}

interface CellWithLevels extends Cell {
  /** The value at a level of {@link atLevels}. */
  at(level: number): number | null
}

/** A percentile's kind at other levels. */
const atLevels = (kind: CountedKind, levels: readonly number[]): CountedKind => ({
  ...kind,
  levels: () => levels,
  value: (_, [values]): CellWithLevels => ({
    value: null,
    sample: values?.count ?? 0,
    at: level => values?.quantile(level) ?? null,
  }),
})
