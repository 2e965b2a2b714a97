import type { PeriodSpan, TrackingPlan } from '@northstar/catalogue'
import type { SeriesPoint } from '../answer.ts'
import { listedMembers } from '../cells.ts'
import type { Query } from '../counted.ts'
import type { Metric } from '../metric.ts'
import type { MetricCatalogue } from '../metric-catalogue.ts'
import { createMetricReader } from '../reader.ts'
import { metricKinds } from '../registry.ts'
import { type CountedSet, type Withheld, withoutOverlap } from './overlap.ts'
import type { Group, MeasuredPeriod, MemberGroup, PublicPeriod } from './suppress.ts'

/** Reads public metrics with the number of people behind each value. */
export interface PublicMeasure {
  /** The metrics that may be published, in the catalogue's order. */
  readonly metrics: readonly Metric[]
  /** Metrics marked public that are withheld, because a published metric overlaps with them. */
  readonly withheld: readonly Withheld[]
  /** Returns a period with every value hidden. */
  hidden(metric: Metric): PublicPeriod
  /** Reads the metric in each week that begins within the span. */
  weeks(
    metric: Metric,
    span: PeriodSpan,
  ): Promise<readonly { readonly from: number; readonly to: number; readonly measured: MeasuredPeriod }[]>
}

/** Counts are published as multiples of this, and ratios in whole percents: one person more or less does not show. */
const COUNT_STEP = 5
const RATIO_STEP = 0.01

/** The group size of samples that describe no people: never too small. */
const NOT_OF_PEOPLE = Number.POSITIVE_INFINITY

export function createPublicMeasure(deps: {
  readonly catalogue: MetricCatalogue
  readonly query: Query
  readonly now: () => number
}): PublicMeasure {
  const { catalogue } = deps
  const { plan } = catalogue
  const marked = [...catalogue.metrics.values()].filter(metric => metric.public && isPublishable(metric, plan))
  const { published: metrics, withheld } = withoutOverlap(marked, metric => setsOf(metric, plan))
  // Companion metrics count the people behind each metric: one for each part of it.
  const companions = new Map(metrics.map(metric => [metric.name, peopleOf(metric, plan)]))
  const reader = createMetricReader({
    ...deps,
    catalogue: {
      ...catalogue,
      metrics: new Map([...metrics, ...[...companions.values()].flat()].map(metric => [metric.name, metric])),
    },
  })

  const read = async (metric: Metric, span: PeriodSpan, by?: string): Promise<readonly SeriesPoint[]> =>
    (await reader.read({ metric: metric.name, from: span.from, to: span.to, period: 'week', by, source: 'warehouse' })).points

  return {
    metrics,
    withheld,
    hidden(metric) {
      const nothing = { value: null, hidden: true }
      const tables = publicBreakdowns(metric, plan).map(by => [by, membersListed(metric, by, plan).map(member => ({ member, ...nothing }))])
      return { ...nothing, ...(tables.length > 0 && { by: Object.fromEntries(tables) }) }
    },
    async weeks(metric, span) {
      const people = companions.get(metric.name) ?? []
      const whole = await read(metric, span)
      const peoples = await Promise.all(people.map(one => read(one, span)))
      const tables = await Promise.all(
        publicBreakdowns(metric, plan).map(async by => {
          const [values, ...counts] = await Promise.all([metric, ...people].map(one => read(one, span, by)))
          return { by, values: values ?? [], counts }
        }),
      )
      return whole.map((point, week) => ({
        from: Date.parse(point.from),
        to: Date.parse(point.to),
        measured: {
          whole: groupOf(
            metric,
            point,
            peoples.map(points => points[week]),
            plan,
          ),
          by: Object.fromEntries(tables.map(({ by, values, counts }) => [by, membersOf(metric, by, point.from, values, counts, plan)])),
        },
      }))
    },
  }
}

function membersListed(metric: Metric, by: string, plan: TrackingPlan): readonly string[] {
  const kind = metricKinds.get(metric.kind)
  return kind?.source === 'counted' ? listedMembers(metric, kind, by, plan) : []
}

function membersOf(
  metric: Metric,
  by: string,
  from: string,
  values: readonly SeriesPoint[],
  counts: readonly (readonly SeriesPoint[])[],
  plan: TrackingPlan,
): readonly MemberGroup[] {
  return values
    .filter(point => point.from === from)
    .map(point => {
      const member = String(point.by?.[by])
      const same = counts.map(points => points.find(other => other.from === from && String(other.by?.[by]) === member))
      return { member, ...groupOf(metric, point, same, plan) }
    })
}

/** The smallest group of people that the value describes. */
function groupOf(metric: Metric, point: SeriesPoint, people: readonly (SeriesPoint | undefined)[], plan: TrackingPlan): Group {
  const { value, sample } = point
  if (isCollected(metric, plan)) return { value, people: NOT_OF_PEOPLE }
  const groups = people.map(one => one?.value ?? 0)
  if (metric.unit === 'ratio') {
    // A ratio and its whole reveal the part, and its complement.
    const part = Math.round((value ?? 0) * sample)
    groups.push(part, sample - part)
  }
  return { value: rounded(metric, value), people: groups.length === 0 ? 0 : Math.min(...groups) }
}

/** @returns the nearest multiple of the unit's step; other units, such as milliseconds, keep two digits */
function rounded({ unit }: Metric, value: number | null): number | null {
  if (value === null) return null
  if (unit === 'count') return Math.round(value / COUNT_STEP) * COUNT_STEP
  return unit === 'ratio' ? Math.round(value / RATIO_STEP) / (1 / RATIO_STEP) : Number(value.toPrecision(2))
}

/** Whether all samples come from collectors, not from users, such as a repository's stars. */
function isCollected(metric: Metric, plan: TrackingPlan): boolean {
  const events = eventsOf(metric.definition)
  return events.length > 0 && events.every(name => plan.events.get(name)?.user === 'optional')
}

/** Cohorts, and kinds whose number of people is unknown, are never published. */
function isPublishable(metric: Metric, plan: TrackingPlan): boolean {
  const kind = metricKinds.get(metric.kind)
  if (!kind || kind.source === 'cohorts') return false
  // The value and the sample of a proportion are the numbers of people on both sides.
  return isCollected(metric, plan) || kind.source === 'counted' || kind.proportion === true
}

function eventsOf(definition: unknown): readonly string[] {
  const events: unknown = typeof definition === 'object' && definition !== null && 'events' in definition ? definition.events : []
  return Array.isArray(events) ? events.map(String) : []
}

/** The sets of users' events that a metric counts; empty if it counts no users, or if that cannot be decided. */
function setsOf(metric: Metric, plan: TrackingPlan): readonly CountedSet[] {
  const kind = metricKinds.get(metric.kind)
  if (isCollected(metric, plan) || kind?.source !== 'counted') return []
  return kind.parts(metric.definition).map(({ events, where }) => ({ events, where: [...metric.where, ...where] }))
}

function peopleOf(metric: Metric, plan: TrackingPlan): readonly Metric[] {
  return setsOf(metric, plan).map((set, i) => ({
    name: `${metric.name}:people:${i}`,
    title: metric.title,
    description: metric.description,
    unit: 'count',
    kind: 'unique',
    by: [],
    where: set.where,
    // An empty list means any event, but a metric of kind unique needs the names.
    definition: { events: set.events.length > 0 ? set.events : [...plan.events.keys()], unique: 'user_id' },
    level: 'supporting',
    public: false,
  }))
}

/**
 * The breakdowns whose parts make up the whole: by a property that every event has, with values that the plan lists. Free text could name
 * a person, and events without the property would be a missing part.
 */
function publicBreakdowns(metric: Metric, plan: TrackingPlan): readonly string[] {
  const kind = metricKinds.get(metric.kind)
  if (!kind?.publishesBreakdowns) return []
  const events = eventsOf(metric.definition)
  return metric.by.filter(
    property =>
      membersListed(metric, property, plan).length > 1 &&
      events.every(name => {
        const declared = plan.events.get(name)?.properties.get(property)
        return declared?.required === true && declared.privacy === 'public'
      }),
  )
}
