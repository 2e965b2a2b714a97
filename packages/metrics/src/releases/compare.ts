import { DAY_MS, type Filter, type PeriodSpan } from '@northstar/catalogue'
import { type CellOfMetrics, countedTogether } from '../counted-together.ts'
import type { Cell, CountedKind, MetricKind } from '../kind.ts'
import { createMeasuring, type MeasuringDeps } from '../measuring.ts'
import type { Metric, Target } from '../metric.ts'
import { metricKinds } from '../registry.ts'
import { CONFIDENCE, differenceOfProportions, differenceOfQuantiles, type Interval, levelsAround } from './intervals.ts'
import { inParallel } from './parallel.ts'
import { NO_RELEASES } from './releases-section.ts'
import { MIN_SAMPLE, type Verdict, verdictOf } from './verdict.ts'

/** A release and when it came out. */
export interface Release {
  readonly version: string
  /** Epoch ms. */
  readonly from: number
}

/** A metric of two releases at the same age. Ratios are fractions of 1. */
export interface ReleaseVolume {
  readonly metric: string
  /** The property and its value; absent for the metric as a whole. */
  readonly by?: Readonly<Record<string, string>>
  /** Null if nothing was measured. */
  readonly value: number | null
  readonly sample: number
  readonly against: { readonly value: number | null; readonly sample: number }
  /** The release's value minus the other's; null if one of them is missing. */
  readonly difference: number | null
}

/** A metric of a release's quality, with a verdict. */
export interface ReleaseMetric extends ReleaseVolume {
  /** The interval of the difference; null when there is not enough data. */
  readonly interval: Interval | null
  readonly confidence: number
  readonly verdict: Verdict
}

export interface ReleaseComparison {
  /** How old both releases are in the comparison, in days. */
  readonly age_days: number
  readonly metrics: readonly ReleaseMetric[]
  /** How much the releases are used: counts without a verdict. */
  readonly volumes: readonly ReleaseVolume[]
}

/** The metrics to compare. Default: every metric that can be compared, as a whole. */
export interface Compared {
  readonly metrics?: readonly string[]
  /** Besides the whole, each value of these properties. */
  readonly by?: readonly string[]
  /** Only events that meet these. */
  readonly filters?: readonly Filter[]
  /** The time of the question, epoch ms: later events do not count. Default: now. */
  readonly at?: number
  /** The longest age that is compared, ms. */
  readonly maxAge?: number
}

/** Maximum number of concurrent reads of a comparison. One of them has a query for each set of event kinds. */
const AT_ONCE = 2
/** Maximum number of values of a property that are compared: those with the largest samples. */
const MAX_MEMBERS = 10
const LOWER_IS_BETTER: ReadonlySet<Metric['unit']> = new Set(['ms', 'kB', 'bytes', 'hours'])

type Series = Exclude<MetricKind, { source: 'cohorts' }>
interface MetricOfKind<K> {
  readonly metric: Metric
  readonly kind: K
}
/** A release with the span of its life that is compared. */
interface Side {
  readonly version: string
  readonly span: PeriodSpan
  readonly filters: readonly Filter[]
}
interface Read extends Cell {
  readonly interval: Interval | null
}
type Reads = ReadonlyMap<string | null, Read>
/** The cells by metric and member. */
type CellsByMetric<C extends Cell = Cell> = ReadonlyMap<string, ReadonlyMap<string | null, C>>

const NOTHING: Read = { value: null, sample: 0, interval: null }

/**
 * Returns a function that compares two releases at the age of the younger one. It compares proportions and percentiles whose events name the
 * release, and returns counts without a verdict. Without a release to compare with, it returns the values of the one. Rejects with the stores'
 * errors.
 */
export function createReleaseComparison(deps: MeasuringDeps) {
  const { catalogue, now } = deps
  const { plan } = catalogue
  const { property } = catalogue.releases ?? NO_RELEASES
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

  async function readCounted(metrics: readonly MetricOfKind<CountedKind>[], side: Side, by?: string): Promise<ReadonlyMap<string, Reads>> {
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

  async function readQueried({ metric, kind }: MetricOfKind<Series>, side: Side, by?: string): Promise<ReadonlyMap<string, Reads>> {
    const cells = await cellsOf(kind, metric, side, by)
    return new Map([[metric.name, new Map(cells.map(([member, cell]) => [member, { ...cell, interval: null }]))]])
  }

  function compareMetric({ metric, kind }: MetricOfKind<Series>, [own, against]: readonly (Reads | undefined)[], by?: string) {
    const members: (string | null)[] = [...new Set([...(own?.keys() ?? []), ...(against?.keys() ?? [])])]
    const sizeOf = (member: string | null) => (own?.get(member)?.sample ?? 0) + (against?.get(member)?.sample ?? 0)
    return members
      .toSorted((a, b) => sizeOf(b) - sizeOf(a))
      .slice(0, MAX_MEMBERS)
      .map(
        (member): ReleaseVolume => ({
          metric: metric.name,
          ...(by !== undefined && member !== null && { by: { [by]: member } }),
          ...compareReads(kind, metric, own?.get(member) ?? NOTHING, against?.get(member) ?? NOTHING),
        }),
      )
  }

  /** The metrics that are compared as a whole, and those that are broken down by a property. */
  function comparedMetrics(wanted: readonly string[] | undefined, by: string | undefined): readonly MetricOfKind<Series>[] {
    return [...catalogue.metrics.values()].flatMap(metric => {
      const kind = metricKinds.get(metric.kind)
      if (!kind || kind.source === 'cohorts' || !isShown(kind, metric) || wanted?.includes(metric.name) === false) return []
      const dimensions = kind.dimensions(metric.definition, plan)
      if (!dimensions.includes(property)) return []
      const isSplit = by === undefined || (!kind.filtersOnly && by !== property && dimensions.includes(by))
      return isSplit ? [{ metric, kind }] : []
    })
  }

  return async (release: Release, against: Release | null, compared: Compared = {}): Promise<ReleaseComparison> => {
    const { metrics: wanted, by: properties = [], filters = [], at = now(), maxAge = Number.POSITIVE_INFINITY } = compared
    const age = Math.min(maxAge, at - Math.max(release.from, against?.from ?? release.from))
    if (age <= 0) return { age_days: 0, metrics: [], volumes: [] }
    const sides = [release, ...(against ? [against] : [])].map(({ version, from }) => ({
      version,
      span: { from, to: from + age },
      filters,
    }))
    const breakdowns = [undefined, ...properties].map(by => ({ by, metrics: comparedMetrics(wanted, by) }))
    const jobs = breakdowns.flatMap(({ by, metrics }) => {
      const counted = metrics.filter(isCounted)
      const reads = [
        ...(counted.length > 0 ? [(side: Side) => readCounted(counted, side, by)] : []),
        ...metrics.filter(one => !isCounted(one)).map(one => (side: Side) => readQueried(one, side, by)),
      ]
      return reads.map(read => async () => ({ by, sides: await Promise.all(sides.map(read)) }))
    })
    const found = await inParallel(AT_ONCE, jobs)
    const volumes = catalogueOrder(breakdowns).flatMap(({ by, ...one }) => {
      const reads = found.find(job => job.by === by && job.sides[0]?.has(one.metric.name))
      return compareMetric(one, reads?.sides.map(side => side.get(one.metric.name)) ?? [], by)
    })
    return { age_days: age / DAY_MS, metrics: volumes.filter(isJudged), volumes: volumes.filter(one => !isJudged(one)) }
  }
}

const isCounted = (one: MetricOfKind<Series>): one is MetricOfKind<CountedKind> => one.kind.source === 'counted'

/** Each metric, first as a whole and then by its properties. */
const catalogueOrder = (breakdowns: readonly { readonly by: string | undefined; readonly metrics: readonly MetricOfKind<Series>[] }[]) =>
  (breakdowns[0]?.metrics ?? []).flatMap(({ metric }) =>
    breakdowns.flatMap(({ by, metrics }) => metrics.filter(one => one.metric === metric).map(one => ({ by, ...one }))),
  )

/** The levels around the percentile of each member with a sufficient sample; empty for kinds that are no percentiles. */
function levelsOf({ metric, kind }: MetricOfKind<CountedKind>, cells: CellsByMetric): ReadonlyMap<string | null, readonly number[]> {
  const level = kind.percentile?.(metric.definition)
  const own = level === undefined ? [] : [...(cells.get(metric.name) ?? [])]
  return new Map(own.map(([member, { sample }]) => [member, sample < MIN_SAMPLE ? [] : (levelsAround((level ?? 0) / 100, sample) ?? [])]))
}

export type ReleaseComparing = ReturnType<typeof createReleaseComparison>

/** Whether the metric's differences have an interval: proportions and percentiles do. */
export const isComparable = (kind: MetricKind, metric: Metric): boolean =>
  kind.percentile !== undefined || (kind.proportion === true && metric.unit === 'ratio')

/** Whether the comparison has the metric: comparable ones, and counts. */
function isShown(kind: Series, metric: Metric): boolean {
  if (kind.source === 'queried' && kind.intrinsic?.(metric.definition)) return false
  return isComparable(kind, metric) || (kind.trend === 'rises' && metric.unit === 'count')
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

const isJudged = (volume: ReleaseVolume): volume is ReleaseMetric => 'verdict' in volume

function compareReads(kind: Series, metric: Metric, own: Read, against: Read) {
  const compared = {
    value: own.value,
    sample: own.sample,
    against: { value: against.value, sample: against.sample },
    difference: own.value === null || against.value === null ? null : own.value - against.value,
  }
  if (!isComparable(kind, metric)) return compared
  const interval = kind.percentile ? intervalOfQuantiles(own, against) : intervalOfProportions(own, against)
  return { ...compared, interval, confidence: CONFIDENCE, verdict: verdictOf(interval, directionOf(metric), [own.sample, against.sample]) }
}

function intervalOfProportions(own: Read, against: Read): Interval | null {
  if (own.value === null || against.value === null) return null
  const [one, other] = [own, against].map(({ value, sample }) => ({ count: (value ?? 0) * sample, total: sample }))
  if (!one || !other || one.total === 0 || other.total === 0 || one.count > one.total || other.count > other.total) return null
  return differenceOfProportions(one, other)
}

function intervalOfQuantiles(own: Read, against: Read): Interval | null {
  if (own.value === null || against.value === null || !own.interval || !against.interval) return null
  return differenceOfQuantiles({ value: own.value, interval: own.interval }, { value: against.value, interval: against.interval })
}

/** The better direction of a metric: that of its targets, else that of its unit. */
export function directionOf({ targets, unit }: Metric): Target['direction'] {
  const members = [...(targets?.by.values() ?? [])].flatMap(of => [...of.values()])
  const [target] = [
    targets?.any,
    ...(targets?.periods.values() ?? []),
    ...(targets?.weeks.values() ?? []),
    targets?.total,
    ...members,
  ].filter(one => one !== undefined)
  return target?.direction ?? (LOWER_IS_BETTER.has(unit) ? 'at_most' : 'at_least')
}
