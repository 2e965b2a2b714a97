import { DAY_MS, type Filter } from '@northstar/catalogue'
import type { CountedKind, MetricKind } from '../kind.ts'
import type { MeasuringDeps } from '../measuring.ts'
import type { Metric, Target } from '../metric.ts'
import { metricKinds } from '../registry.ts'
import { CONFIDENCE, differenceOfProportions, differenceOfQuantiles, type Interval } from './intervals.ts'
import { inParallel } from './parallel.ts'
import { createReleaseReader, type MetricOfKind, type Read, type Reads, type Series, type Side } from './release-reader.ts'
import { NO_RELEASES } from './releases-section.ts'
import { type Verdict, verdictOf } from './verdict.ts'

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
  const reader = createReleaseReader(deps)

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
        ...(counted.length > 0 ? [(side: Side) => reader.counted(counted, side, by)] : []),
        ...metrics.filter(one => !isCounted(one)).map(one => (side: Side) => reader.queried(one, side, by)),
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

const isCounted = (one: MetricOfKind<Series>): one is MetricOfKind<CountedKind> => one.kind.source === 'counted'

/** Each metric, first as a whole and then by its properties. */
const catalogueOrder = (breakdowns: readonly { readonly by: string | undefined; readonly metrics: readonly MetricOfKind<Series>[] }[]) =>
  (breakdowns[0]?.metrics ?? []).flatMap(({ metric }) =>
    breakdowns.flatMap(({ by, metrics }) => metrics.filter(one => one.metric === metric).map(one => ({ by, ...one }))),
  )

export type ReleaseComparing = ReturnType<typeof createReleaseComparison>

/** Whether the metric's differences have an interval: proportions and percentiles do. */
export const isComparable = (kind: MetricKind, metric: Metric): boolean =>
  kind.percentile !== undefined || (kind.proportion === true && metric.unit === 'ratio')

/** Whether the comparison has the metric: comparable ones, and counts. */
function isShown(kind: Series, metric: Metric): boolean {
  if (kind.source === 'queried' && kind.intrinsic?.(metric.definition)) return false
  return isComparable(kind, metric) || (kind.trend === 'rises' && metric.unit === 'count')
}

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
