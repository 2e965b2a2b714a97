import { DAY_MS, type Filter, type PeriodSpan } from '@northstar/catalogue'
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

/** Maximum number of concurrent queries of a comparison. */
const AT_ONCE = 4
/** Maximum number of values of a property that are compared: those with the largest samples. */
const MAX_MEMBERS = 10
const LOWER_IS_BETTER: ReadonlySet<Metric['unit']> = new Set(['ms', 'kB', 'bytes', 'hours'])

type Series = Exclude<MetricKind, { source: 'cohorts' }>
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

const NOTHING: Read = { value: null, sample: 0, interval: null }

/**
 * Returns a function that compares two releases at the age of the younger one. It compares proportions and percentiles whose events name the
 * release, and returns counts without a verdict. Without a release to compare with, it returns the values of the one. Rejects with the stores'
 * errors.
 */
export function createReleaseComparison(deps: MeasuringDeps) {
  const { catalogue, now } = deps
  const { property } = catalogue.releases ?? NO_RELEASES
  const measure = createMeasuring(deps)

  /** The metric of one release; with `by`, for each value of that property. */
  async function cellsOf<C extends Cell = Cell>(kind: Series, metric: Metric, { version, span, filters: others }: Side, by?: string) {
    const filters = [...others, { property, op: 'in', values: [version] } as const]
    const asked = { metric, filters, period: 'total' as const, spans: [{ ...span, whole: true }], ...(by !== undefined && { by }) }
    const { cells } = await measure(kind, asked, 'warehouse')
    const members = by === undefined ? [null] : cells.members.filter(member => member !== null)
    return new Map(members.flatMap(member => cells.of(member).map(cell => [member, cell as C] as const)))
  }

  async function readSide(kind: Series, metric: Metric, side: Side, by?: string): Promise<Reads> {
    const cells = await cellsOf(kind, metric, side, by)
    const level = kind.source === 'counted' ? kind.percentile?.(metric.definition) : undefined
    if (level === undefined || kind.source !== 'counted')
      return new Map([...cells].map(([member, cell]) => [member, { ...cell, interval: null }]))
    // Which order statistics enclose a percentile depends on the sample of each member: all are read with a second query.
    const around = new Map(
      [...cells].map(([member, { sample }]) => [member, sample < MIN_SAMPLE ? null : levelsAround(level / 100, sample)]),
    )
    const levels = [...new Set([...around.values()].flatMap(pair => pair ?? []))]
    const values = levels.length > 0 ? await cellsOf<CellWithLevels>(atLevels(kind, levels), metric, side, by) : new Map()
    return new Map(
      [...cells].map(([member, cell]) => {
        const ends = around.get(member)?.map(one => values.get(member)?.at(one) ?? null) ?? []
        const [low, high] = ends
        return [member, { ...cell, interval: low == null || high == null ? null : [low, high] }]
      }),
    )
  }

  async function compareMetric(kind: Series, metric: Metric, sides: readonly Side[], by?: string): Promise<readonly ReleaseVolume[]> {
    const [own = new Map(), against = new Map()] = await Promise.all(sides.map(side => readSide(kind, metric, side, by)))
    const members: (string | null)[] = [...new Set([...own.keys(), ...against.keys()])]
    const sizeOf = (member: string | null) => (own.get(member)?.sample ?? 0) + (against.get(member)?.sample ?? 0)
    return members
      .toSorted((a, b) => sizeOf(b) - sizeOf(a))
      .slice(0, MAX_MEMBERS)
      .map(member => ({
        metric: metric.name,
        ...(by !== undefined && member !== null && { by: { [by]: member } }),
        ...compareReads(kind, metric, own.get(member) ?? NOTHING, against.get(member) ?? NOTHING),
      }))
  }

  return async (release: Release, against: Release | null, compared: Compared = {}): Promise<ReleaseComparison> => {
    const { metrics: wanted, by = [], filters = [], at = now(), maxAge = Number.POSITIVE_INFINITY } = compared
    const age = Math.min(maxAge, at - Math.max(release.from, against?.from ?? release.from))
    if (age <= 0) return { age_days: 0, metrics: [], volumes: [] }
    const sides = [release, ...(against ? [against] : [])].map(({ version, from }) => ({
      version,
      span: { from, to: from + age },
      filters,
    }))
    const jobs = [...catalogue.metrics.values()].flatMap(metric => {
      const kind = metricKinds.get(metric.kind)
      if (!kind || kind.source === 'cohorts' || !isShown(kind, metric) || wanted?.includes(metric.name) === false) return []
      const dimensions = kind.dimensions(metric.definition, catalogue.plan)
      if (!dimensions.includes(property)) return []
      const breakdowns = kind.filtersOnly ? [] : by.filter(one => dimensions.includes(one) && one !== property)
      return [undefined, ...breakdowns].map(one => () => compareMetric(kind, metric, sides, one))
    })
    const all = (await inParallel(AT_ONCE, jobs)).flat()
    return { age_days: age / DAY_MS, metrics: all.filter(isJudged), volumes: all.filter(one => !isJudged(one)) }
  }
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
