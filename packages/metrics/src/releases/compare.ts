import type { PeriodSpan } from '@northstar/catalogue'
import type { CountedKind, MetricKind } from '../kind.ts'
import { createMeasuring, type MeasuringDeps } from '../measuring.ts'
import type { Metric, Target } from '../metric.ts'
import { metricKinds } from '../registry.ts'
import { CONFIDENCE, differenceOfProportions, differenceOfQuantiles, type Interval, levelsAround } from './intervals.ts'
import { MIN_SAMPLE, type Verdict, verdictOf } from './verdict.ts'

/** A release and when it came out. */
export interface Release {
  readonly version: string
  /** Epoch ms. */
  readonly from: number
}

/** A metric of two releases at the same age. Ratios are fractions of 1. */
export interface ReleaseMetric {
  readonly metric: string
  /** Null where nothing was measured. */
  readonly value: number | null
  readonly sample: number
  readonly against: { readonly value: number | null; readonly sample: number }
  /** The release's value minus the other's; null where one of them is missing. */
  readonly difference: number | null
  /** Of the difference; null where there is not enough data for one. */
  readonly interval: Interval | null
  readonly confidence: number
  readonly verdict: Verdict
}

export interface ReleaseComparison {
  readonly version: string
  readonly against: string
  /** How old both releases are in the comparison, in days. */
  readonly age_days: number
  readonly metrics: readonly ReleaseMetric[]
}

export interface ReleaseComparisonDeps extends MeasuringDeps {
  /** The property that names an event's release. */
  readonly property: string
}

const DAY_MS = 86_400_000
const LOWER_IS_BETTER: ReadonlySet<Metric['unit']> = new Set(['ms', 'kB', 'bytes', 'hours'])

/**
 * Returns a function that compares two releases at the same age: that of the younger one, which both had at some time. Compared are the
 * metrics that are proportions or percentiles and whose events carry the release. Rejects with the stores' errors.
 */
export function createReleaseComparison(deps: ReleaseComparisonDeps) {
  const { catalogue, property, now } = deps
  const measure = createMeasuring(deps)

  const cellOf = async (kind: Series, metric: Metric, version: string, span: PeriodSpan) => {
    const asked = {
      metric,
      filters: [{ property, op: 'in', values: [version] } as const],
      period: 'total' as const,
      spans: [{ ...span, whole: true }],
    }
    const { cells } = await measure(kind, asked, 'warehouse')
    return cells.of(null)[0] ?? { value: null, sample: 0 }
  }

  /** The value of a percentile with the values around it; its interval is null where the values are too few. */
  async function quantileOf(kind: CountedKind, metric: Metric, level: number, version: string, span: PeriodSpan) {
    const cell = await cellOf(kind, metric, version, span)
    const levels = cell.sample < MIN_SAMPLE ? null : levelsAround(level, cell.sample)
    if (!levels || cell.value === null) return { ...cell, interval: null }
    const at = (one: number) => cellOf(atLevel(kind, one), metric, version, span)
    const [low, high] = await Promise.all(levels.map(at))
    const interval: Interval | null = low?.value == null || high?.value == null ? null : [low.value, high.value]
    return { ...cell, interval }
  }

  async function compareMetric(kind: Series, metric: Metric, sides: readonly [Side, Side]): Promise<ReleaseMetric> {
    const level = kind.percentile?.(metric.definition)
    const read = ({ version, span }: Side) =>
      level !== undefined && kind.source === 'counted'
        ? quantileOf(kind, metric, level / 100, version, span)
        : cellOf(kind, metric, version, span).then(cell => ({ ...cell, interval: null }))
    const [own, against] = await Promise.all([read(sides[0]), read(sides[1])])
    const known = own.value !== null && against.value !== null
    const interval = !known ? null : level === undefined ? intervalOfProportions(own, against) : intervalOfQuantiles(own, against)
    return {
      metric: metric.name,
      value: own.value,
      sample: own.sample,
      against: { value: against.value, sample: against.sample },
      difference: own.value === null || against.value === null ? null : own.value - against.value,
      interval,
      confidence: CONFIDENCE,
      verdict: verdictOf(interval, directionOf(metric), [own.sample, against.sample]),
    }
  }

  return async (release: Release, against: Release): Promise<ReleaseComparison> => {
    const age = Math.max(0, now() - Math.max(release.from, against.from))
    const sides = [release, against].map(({ version, from }) => ({ version, span: { from, to: from + age } }))
    const [own, other] = sides
    if (!own || !other || age === 0) return { version: release.version, against: against.version, age_days: 0, metrics: [] }
    const compared = [...catalogue.metrics.values()].flatMap(metric => {
      const kind = metricKinds.get(metric.kind)
      if (!kind || kind.source === 'cohorts' || !isComparable(kind, metric)) return []
      if (!kind.dimensions(metric.definition, catalogue.plan).includes(property)) return []
      return [compareMetric(kind, metric, [own, other])]
    })
    return { version: release.version, against: against.version, age_days: age / DAY_MS, metrics: await Promise.all(compared) }
  }
}

type Series = Exclude<MetricKind, { source: 'cohorts' }>
interface Side {
  readonly version: string
  readonly span: PeriodSpan
}
interface Read {
  readonly value: number | null
  readonly sample: number
  readonly interval: Interval | null
}

/** Shares of a whole and percentiles have an interval; what depends on how many people use a release has no verdict. */
function isComparable(kind: Series, metric: Metric): boolean {
  if (kind.source === 'queried' && kind.intrinsic?.(metric.definition)) return false
  return kind.percentile !== undefined || (kind.proportion === true && metric.unit === 'ratio')
}

/** A percentile's kind at another level. */
const atLevel = (kind: CountedKind, level: number): CountedKind => ({
  ...kind,
  levels: () => [level],
  value: (_, [values]) => ({ value: values?.quantile(level) ?? null, sample: values?.count ?? 0 }),
})

function intervalOfProportions(own: Read, against: Read): Interval | null {
  const [one, other] = [own, against].map(({ value, sample }) => ({ count: (value ?? 0) * sample, total: sample }))
  if (!one || !other || one.total === 0 || other.total === 0 || one.count > one.total || other.count > other.total) return null
  return differenceOfProportions(one, other)
}

function intervalOfQuantiles(own: Read, against: Read): Interval | null {
  if (own.value === null || against.value === null || !own.interval || !against.interval) return null
  return differenceOfQuantiles({ value: own.value, interval: own.interval }, { value: against.value, interval: against.interval })
}

/** Which way a metric is better: as its targets say, else by its unit. */
function directionOf({ targets, unit }: Metric): Target['direction'] {
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
