import type { Definition } from '@northstar/http-api'
import { intrinsicOf, type Metric, type MetricCatalogue, metricKinds, type Target } from '@northstar/metrics'

type PlainTarget = NonNullable<NonNullable<Definition['targets']>['any']>

const plainTarget = ({ value, direction, maxAllowed, minSample }: Target): PlainTarget => ({
  value,
  direction,
  ...(maxAllowed !== undefined && { max_allowed: maxAllowed }),
  ...(minSample !== undefined && { min_sample: minSample }),
})

const plainMap = (targets: ReadonlyMap<string | number, Target>) =>
  Object.fromEntries([...targets].map(([key, value]) => [String(key), plainTarget(value)]))

export function definitionOf(metric: Metric, { plan, metrics }: Pick<MetricCatalogue, 'plan' | 'metrics'>): Definition {
  const { definition, where: _, targets, by, ...rest } = metric
  const kind = metricKinds.get(metric.kind)
  const intrinsic = intrinsicOf(metric)
  const dimensions = kind?.dimensions(definition, plan) ?? []
  const headline = headlineOf(metric)
  return {
    ...rest,
    by: [...by],
    dimensions: [...dimensions],
    breakdowns: kind?.filtersOnly ? [] : [...dimensions],
    shape: kind?.source === 'cohorts' ? 'cohorts' : 'series',
    ...(intrinsic && { segments: intrinsic.name, ...(intrinsic.ordered && { steps: [...intrinsic.members] }) }),
    ...(headline && { headline }),
    accumulates: kind?.accumulates === true,
    ...(kind?.percentile && { percentiles: siblingPercentiles(metric, [...metrics.values()]) }),
    live: kind?.source === 'counted',
    ...(targets && {
      targets: {
        ...(targets.any && { any: plainTarget(targets.any) }),
        ...(targets.total && { total: plainTarget(targets.total) }),
        periods: plainMap(targets.periods),
        weeks: plainMap(targets.weeks),
        by: Object.fromEntries([...targets.by].map(([property, members]) => [property, plainMap(members)])),
      },
    }),
  }
}

/** The last step of a funnel; of cohorts and segments the first one with a target. */
function headlineOf(metric: Metric): Definition['headline'] {
  const targeted = (dimension: string) => metric.targets?.by.get(dimension)?.keys().next().value
  if (metricKinds.get(metric.kind)?.source === 'cohorts') return { offset: Number(targeted('offset') ?? 1) }
  const intrinsic = intrinsicOf(metric)
  const member = intrinsic && (intrinsic.ordered ? intrinsic.members.at(-1) : (targeted(intrinsic.name) ?? intrinsic.members[0]))
  return member === undefined ? undefined : { member }
}

/** The percentiles of the same number, lowest first. */
function siblingPercentiles(metric: Metric, metrics: readonly Metric[]) {
  const identityOf = ({ definition, where }: Metric) => JSON.stringify([{ ...(definition as object), percentile: null }, where])
  return metrics
    .flatMap(other => {
      const percentile = metricKinds.get(other.kind)?.percentile?.(other.definition)
      return percentile !== undefined && identityOf(other) === identityOf(metric) ? [{ metric: other.name, percentile }] : []
    })
    .toSorted((a, b) => a.percentile - b.percentile)
}
