import { type Calendar, type Catalogue, createCalendar, type Metric, type PeriodSpan } from '@northstar/catalogue'
import { withFilters } from './counted.ts'
import { countingSql, groupsOf } from './counting-sql.ts'
import type { CohortKind, CountedKind, MeasuredSql, MetricKind, QueriedKind, QueryContext } from './kind.ts'
import { Literals } from './params.ts'
import { metricKinds } from './registry.ts'

/** A view that shows a metric by week from the launch. */
export interface MetricView {
  /** `database.view` */
  readonly name: string
  /** Its query; names without a database are those of the warehouse's own. */
  readonly select: string
}

const DATABASE = 'metrics'
const WEEKS_A_YEAR = 52

/**
 * A view a metric: `week` (1 is the launch's), `begins`, `ends`, `value` and `sample`, for each week that has begun; also `segment` or
 * the like where the kind makes a breakdown of its own, `offset` of cohorts. The weeks are part of the text, two years ahead and more:
 * the text changes once a year.
 */
export function metricViews(catalogue: Catalogue, now: number): readonly MetricView[] {
  const calendar = createCalendar(catalogue.product)
  const weeks = weeksOf(calendar, catalogue.product.launch, now)
  return [...catalogue.metrics.values()].flatMap(metric => {
    const kind = metricKinds.get(metric.kind)
    if (!kind) return []
    const context: QueryContext = {
      plan: catalogue.plan,
      period: 'week',
      spans: weeks,
      before: calendar.before('week', weeks[0] ?? { from: now, to: now }),
      where: metric.where,
      unit: metric.unit,
      params: new Literals(),
    }
    return [{ name: `${DATABASE}.${metric.name}`, select: viewOf(kind, metric, context) }]
  })
}

function viewOf(kind: MetricKind, metric: Metric, context: QueryContext): string {
  switch (kind.source) {
    case 'counted':
      return countedView(kind, metric, context)
    case 'queried':
      return queriedView(kind, metric, context)
    case 'cohorts':
      return cohortView(kind, metric, context)
  }
}

function weeksOf(calendar: Calendar, launch: string, now: number): readonly PeriodSpan[] {
  const begin = calendar.startOf(launch)
  const years = Math.ceil(Math.max(1, calendar.weekNumber(now)) / WEEKS_A_YEAR) + 2
  const weeks = [calendar.periodAt('week', begin)]
  for (let last = weeks[0]; last && weeks.length < years * WEEKS_A_YEAR; weeks.push(last)) last = calendar.periodAt('week', last.to)
  return weeks
}

/** The weeks that have begun: `week`, and `begin_ms` and `end_ms` since 1970. */
function weeksSql({ spans, params }: QueryContext): string {
  const begins = params.add(
    spans.map(span => span.from),
    'Array(Int64)',
  )
  const ends = params.add(
    spans.map(span => span.to),
    'Array(Int64)',
  )
  return `SELECT place.1 AS week, place.2 AS begin_ms, place.3 AS end_ms
    FROM (SELECT arrayJoin(arrayZip(arrayEnumerate(${begins}), ${begins}, ${ends})) AS place)
    WHERE begin_ms <= toUnixTimestamp64Milli(now64(3))`
}

const TIMES = "fromUnixTimestamp64Milli(w.begin_ms, 'UTC') AS begins, fromUnixTimestamp64Milli(w.end_ms, 'UTC') AS ends"

function countedView(kind: CountedKind, { definition }: Metric, context: QueryContext): string {
  const { plan, params, spans, where } = context
  const parts = kind.parts(definition).map(part => withFilters(part, where, plan))
  const levels = kind.levels?.(definition) ?? []
  const groups = groupsOf(parts, undefined, plan)
  const measured: MeasuredSql[] = []
  const joins = groups.map((group, g) => {
    group.forEach((part, i) => {
      const total = `ifNull(g${g}.n${i}, 0)`
      measured[part] = {
        total,
        unique: `ifNull(g${g}.u${i}, 0)`,
        quantile: level => `if(${total} > 0, g${g}.q${i}[${levels.indexOf(level) + 1}], NULL)`,
      }
    })
    const own = group.flatMap(i => parts[i] ?? [])
    return `LEFT JOIN (${countingSql(own, undefined, spans, levels, plan, params)}) AS g${g} ON g${g}.span = w.begin_ms`
  })
  const { value, sample } = kind.sql(definition, measured)
  return `SELECT w.week AS week, ${TIMES}, ${value} AS value, ${sample} AS sample
FROM (${weeksSql(context)}) AS w
${joins.join('\n')}
ORDER BY week`
}

function queriedView(kind: QueriedKind, { definition }: Metric, context: QueryContext): string {
  const intrinsic = kind.intrinsic?.(definition)
  // Nullable, so that a week without a row is told from one whose value is 0.
  const rows = `SELECT span, ${intrinsic ? 'member, ' : ''}toNullable(value) AS value, sample FROM (${kind.query(definition, context)})`
  if (intrinsic) {
    const members = context.params.add(intrinsic.members, 'Array(String)')
    return `SELECT w.week AS week, ${TIMES}, m.member AS ${intrinsic.name}, ${valueIn(kind)} AS value, ifNull(r.sample, 0) AS sample
FROM (${weeksSql(context)}) AS w
CROSS JOIN (SELECT arrayJoin(${members}) AS member) AS m
LEFT JOIN (${rows}) AS r ON r.span = w.begin_ms AND r.member = m.member
ORDER BY week`
  }
  if (!kind.carries) {
    return `SELECT w.week AS week, ${TIMES}, ${valueIn(kind)} AS value, ifNull(r.sample, 0) AS sample
FROM (${weeksSql(context)}) AS w
LEFT JOIN (${rows}) AS r ON r.span = w.begin_ms
ORDER BY week`
  }
  // What was before the first week is carried into it.
  return `SELECT week, begins, ends, value, sample
FROM (
  SELECT w.week AS week, ${TIMES}, anyLast(r.value) OVER (ORDER BY w.begin_ms ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS value,
    ifNull(r.sample, 0) AS sample
  FROM (${weeksSql(context)} UNION ALL SELECT 0, -1, 0) AS w
  LEFT JOIN (${rows}) AS r ON r.span = w.begin_ms
)
WHERE week > 0
ORDER BY week`
}

const valueIn = ({ empty }: QueriedKind) => (empty.value === null ? 'r.value' : `ifNull(r.value, ${empty.value})`)

function cohortView(kind: CohortKind, { definition }: Metric, context: QueryContext): string {
  const weeks = weeksSql(context)
  const size = 'max(if(a.week = w.week, ifNull(r.users, 0), 0)) OVER (PARTITION BY w.week)'
  return `SELECT w.week AS week, ${TIMES}, toInt64(a.week) - toInt64(w.week) AS offset, ${size} AS sample,
  if(sample > 0, ifNull(r.users, 0) / sample, NULL) AS value
FROM (${weeks}) AS w
CROSS JOIN (${weeks}) AS a
LEFT JOIN (SELECT cohort_from, toInt64(offset) AS offset, users FROM (${kind.query(definition, context)})) AS r
  ON r.cohort_from = w.begin_ms AND r.offset = toInt64(a.week) - toInt64(w.week)
WHERE a.week >= w.week AND a.week - w.week <= ${kind.offsets(definition)}
ORDER BY week, offset`
}
