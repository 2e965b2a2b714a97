import { type Metric, type MetricCatalogue, metricKinds, type Target, UNITS } from '@northstar/metrics'
import { z } from 'zod'

const target = z.object({ value: z.number(), direction: z.enum(['at_least', 'at_most']), max_allowed: z.number().optional() })

/** A metric as `GET /v1/metrics` lists it. */
export const definitionSchema = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  unit: z.enum(UNITS),
  kind: z.string(),
  shape: z.enum(['series', 'cohorts']).describe('cohorts: a matrix of cohorts and the periods since.'),
  segments: z.string().optional().describe('The breakdown that the kind makes by itself.'),
  accumulates: z.boolean().describe('Whether the value of a running period grows until its end.'),
  level: z.enum(['north_star', 'kpi', 'supporting']),
  indicator: z.enum(['leading', 'lagging']).optional(),
  owner: z.string().optional(),
  why: z.string().optional(),
  public: z.boolean(),
  by: z.array(z.string()).describe('The breakdowns that the live counters keep at hand.'),
  dimensions: z.array(z.string()).describe('Every property that filters, and breaks down where the metric can be broken down.'),
  percentiles: z
    .array(z.object({ metric: z.string(), percentile: z.number() }))
    .optional()
    .describe('Of a percentile: all percentiles of the same number, this one among them, from the lowest.'),
  live: z.boolean().describe('Whether the live counters can tell it.'),
  targets: z
    .object({
      any: target.optional(),
      total: target.optional(),
      periods: z.record(z.string(), target),
      weeks: z.record(z.string(), target).describe('By week from the launch, 1 being the launch week.'),
      by: z.record(z.string(), z.record(z.string(), target)),
    })
    .optional(),
  goal: z.object({ value: z.number(), date: z.string() }).optional(),
})

const plainTarget = ({ value, direction, maxAllowed }: Target): z.output<typeof target> => ({
  value,
  direction,
  ...(maxAllowed !== undefined && { max_allowed: maxAllowed }),
})

const plainMap = (targets: ReadonlyMap<string | number, Target>) =>
  Object.fromEntries([...targets].map(([key, value]) => [String(key), plainTarget(value)]))

export function definitionOf(
  metric: Metric,
  { plan, metrics }: Pick<MetricCatalogue, 'plan' | 'metrics'>,
): z.output<typeof definitionSchema> {
  const { definition, where: _, targets, by, ...rest } = metric
  const kind = metricKinds.get(metric.kind)
  const intrinsic = kind?.source === 'queried' ? kind.intrinsic?.(definition) : undefined
  return {
    ...rest,
    by: [...by],
    dimensions: [...(kind?.dimensions(definition, plan) ?? [])],
    shape: kind?.source === 'cohorts' ? 'cohorts' : 'series',
    ...(intrinsic && { segments: intrinsic.name }),
    accumulates: kind?.accumulates === true,
    ...(kind?.percentile && { percentiles: percentilesBeside(metric, [...metrics.values()]) }),
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

function percentilesBeside(metric: Metric, metrics: readonly Metric[]) {
  const numberOf = ({ definition, where }: Metric) => JSON.stringify([{ ...(definition as object), percentile: null }, where])
  return metrics
    .flatMap(other => {
      const percentile = metricKinds.get(other.kind)?.percentile?.(other.definition)
      return percentile !== undefined && numberOf(other) === numberOf(metric) ? [{ metric: other.name, percentile }] : []
    })
    .toSorted((a, b) => a.percentile - b.percentile)
}

export type Definition = z.output<typeof definitionSchema>
