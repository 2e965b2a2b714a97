import { type Calendar, createCalendar, type PeriodSpan } from '@northstar/catalogue'
import { BEFORE_FIRST, listedMembers } from './cells.ts'
import { withFilters } from './counted.ts'
import { countingSql, groupsOf, splits, sumSql } from './counting-sql.ts'
import { eventsRead } from './events-read.ts'
import type { CohortKind, CountedKind, MeasuredSql, MetricKind, QueriedKind, QueryContext } from './kind.ts'
import type { Metric } from './metric.ts'
import type { MetricCatalogue } from './metric-catalogue.ts'
import { Literals, type Params } from './params.ts'
import { intrinsicOf, metricKinds } from './registry.ts'
import { beginsOf, column, EVENTS, memberSql, ofEvents } from './sql.ts'

/** A view that shows a metric by week from the launch. */
export interface MetricView {
  /** `database.view` */
  readonly name: string
  /** Its query; names without a database are those of the warehouse's own. */
  readonly select: string
}

/** A collector of figures from outside. */
export interface CollectedEvents {
  readonly collector: string
  /** The event of each complete run, whose property `collector` names the collector. */
  readonly heartbeat: string
  /** The events that the collector sends. */
  readonly events: readonly string[]
  /** The age of the last complete run from which the figures are unknown. */
  readonly staleAfterMs: number
}

/** The database of the metrics' views. */
export const METRICS_DATABASE = 'metrics'
const WEEKS_A_YEAR = 52
/** The columns of every view. A property with such a name has no view. */
const OWN_COLUMNS: readonly string[] = ['week', 'begins', 'ends', 'value', 'sample']

/** The name of a metric's view, or of the view of its breakdown. */
export const metricViewName = (metric: string, by?: string) => `${METRICS_DATABASE}.${metric}${by === undefined ? '' : `_by_${by}`}`

/** The breakdowns of a metric that have a view: all of its `by` except names that are taken. */
export function viewedBreakdowns({ name, by, kind, definition }: Metric, { metrics }: MetricCatalogue): readonly string[] {
  const taken = [...OWN_COLUMNS, metricKinds.get(kind)?.source === 'cohorts' ? 'offset' : intrinsicOf({ kind, definition })?.name]
  return by.filter(property => !taken.includes(property) && !metrics.has(`${name}_by_${property}`))
}

/**
 * A view for each metric, with a row for each week that has begun: `week` (1 is the launch week), `begins`, `ends`, `value` and `sample`; also
 * the kind's own breakdown, such as `segment`, and `offset` of cohorts. And a view for each breakdown, `<metric>_by_<property>`, that also has
 * the property: a row for each of its values in each week, NULL for events without it. The text of a view contains the weeks, more than two years
 * ahead, so it changes once a year.
 * @param collected a value is NULL in the weeks that ended after the last complete run of a collector that is late
 */
export function metricViews(catalogue: MetricCatalogue, now: number, collected: readonly CollectedEvents[] = []): readonly MetricView[] {
  const calendar = createCalendar(catalogue.product)
  const weeks = weeksOf(calendar, catalogue.product.launch, now)
  return [...catalogue.metrics.values()].flatMap(metric => {
    const kind = metricKinds.get(metric.kind)
    if (!kind) return []
    return [undefined, ...viewedBreakdowns(metric, catalogue)].map(by => {
      const context: QueryContext = {
        plan: catalogue.plan,
        period: 'week',
        spans: weeks,
        before: calendar.before('week', weeks[0] ?? { from: now, to: now }),
        where: metric.where,
        unit: metric.unit,
        timezone: calendar.timezone,
        now: () => NOW,
        params: new Literals(),
        ...(by !== undefined && { by }),
      }
      const read = eventsRead(metric)
      const sources = collected.filter(({ events }) => events.some(event => read.includes(event)))
      return { name: metricViewName(metric.name, by), select: whileCollected(viewOf(kind, metric, context), sources, context.params) }
    })
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

/** The rows of a view, whose values are NULL from the last complete run of a collector on that is late. */
function whileCollected(select: string, sources: readonly CollectedEvents[], params: Params): string {
  const [first] = sources
  if (!first) return select
  const names = params.add(
    sources.map(({ collector }) => collector),
    'Array(String)',
  )
  const ages = params.add(
    sources.map(({ staleAfterMs }) => staleAfterMs),
    'Array(Int64)',
  )
  return `SELECT * REPLACE (if(ends > (
  SELECT minOrNull(ran)
  FROM (
    SELECT toString(${column('collector')}) AS name, max(timestamp) AS ran
    FROM ${EVENTS}
    WHERE ${ofEvents([first.heartbeat], params)} AND has(${names}, name)
    GROUP BY name
  )
  WHERE ${NOW} - toUnixTimestamp64Milli(ran) > transform(name, ${names}, ${ages}, toInt64(0))
), NULL, value) AS value)
FROM (
${select}
)
ORDER BY week`
}

function weeksOf(calendar: Calendar, launch: string, now: number): readonly PeriodSpan[] {
  const begin = calendar.startOf(launch)
  const years = Math.ceil(Math.max(1, calendar.weekNumber(now)) / WEEKS_A_YEAR) + 2
  const weeks = [calendar.periodAt('week', begin)]
  for (let last = weeks[0]; last && weeks.length < years * WEEKS_A_YEAR; weeks.push(last)) last = calendar.periodAt('week', last.to)
  return weeks
}

/** The weeks that have begun: `week`, `begin_ms` and `end_ms`, epoch ms. */
function weeksSql({ spans, params }: QueryContext): string {
  const begins = beginsOf(spans, params)
  const ends = params.add(
    spans.map(span => span.to),
    'Array(Int64)',
  )
  return `SELECT place.1 AS week, place.2 AS begin_ms, place.3 AS end_ms
    FROM (SELECT arrayJoin(arrayZip(arrayEnumerate(${begins}), ${begins}, ${ends})) AS place)
    WHERE begin_ms <= ${NOW}`
}

const NOW = 'toUnixTimestamp64Milli(now64(3))'
const TIMES = "fromUnixTimestamp64Milli(w.begin_ms, 'UTC') AS begins, fromUnixTimestamp64Milli(w.end_ms, 'UTC') AS ends"

function countedView(kind: CountedKind, metric: Metric, context: QueryContext): string {
  const { plan, params, spans, where, by } = context
  const { definition } = metric
  const parts = kind.parts(definition).map(part => withFilters(part, where, plan))
  const levels = kind.levels?.(definition) ?? []
  const measured: MeasuredSql[] = []
  const found: string[] = []
  const joins = groupsOf(parts, by, plan).map((group, g) => {
    group.forEach((part, i) => {
      const count = `ifNull(g${g}.n${i}, 0)`
      measured[part] = {
        count,
        sum: `if(${count} > 0, ${sumSql(`g${g}.s${i}`)}, 0)`,
        unique: `ifNull(g${g}.u${i}, 0)`,
        quantile: level => `if(${count} > 0, g${g}.q${i}[${levels.indexOf(level) + 1}], NULL)`,
      }
    })
    const own = group.flatMap(i => parts[i] ?? [])
    const split = own.some(part => splits(part, by, plan))
    const rows = countingSql(own, split ? by : undefined, spans, levels, plan, params)
    // A row whose counts are all 0 comes from events that no part counts.
    if (split) found.push(`SELECT member FROM (${rows}) WHERE ${own.map((_, i) => `n${i}`).join(' + ')} > 0`)
    return `LEFT JOIN (${rows}) AS g${g} ON g${g}.span = w.begin_ms${split ? ` AND g${g}.member IS NOT DISTINCT FROM m.member` : ''}`
  })
  const { value, sample } = kind.sql(definition, measured)
  const members = by === undefined ? null : membersSql(listedMembers(metric, kind, by, plan), found, context)
  return `SELECT w.week AS week, ${TIMES}, ${memberAs(by)}${value} AS value, ${sample} AS sample
FROM (${weeksSql(context)}) AS w
${members === null ? '' : `CROSS JOIN (${members}) AS m\n`}${joins.join('\n')}
ORDER BY week`
}

function queriedView(kind: QueriedKind, metric: Metric, context: QueryContext): string {
  const { definition } = metric
  const { by, params } = context
  const intrinsic = kind.intrinsic?.(definition)
  const shown = `${intrinsic ? ', part' : ''}${memberSql(by).member}`
  // Nullable, so that a week without a row differs from one whose value is 0.
  const rows = `SELECT span${shown}, toNullable(value) AS value, toNullable(sample) AS sample FROM (${kind.query(definition, context)})`
  const listed = by === undefined ? [] : listedMembers(metric, kind, by, context.plan)
  const dimensions: readonly Dimension[] = [
    ...(intrinsic
      ? [
          {
            table: 'p',
            column: 'part',
            name: intrinsic.name,
            members: `SELECT arrayJoin(${params.add(intrinsic.members, 'Array(String)')}) AS part`,
          },
        ]
      : []),
    ...(by === undefined
      ? []
      : [{ table: 'm', column: 'member', name: by, members: membersSql(listed, [`SELECT member FROM (${rows})`], context) }]),
  ]
  const crossed = dimensions.map(({ table, members }) => `CROSS JOIN (${members}) AS ${table}\n`).join('')
  const equal = dimensions.map(({ table, column }) => ` AND r.${column} IS NOT DISTINCT FROM ${table}.${column}`).join('')
  const named = dimensions.map(({ table, column, name }) => `${table}.${column} AS \`${name}\`, `).join('')
  const joined = `LEFT JOIN (${rows}) AS r ON r.span = w.begin_ms${equal}`
  if (!kind.carries) {
    return `SELECT w.week AS week, ${TIMES}, ${named}${valueIn(kind)} AS value, ifNull(r.sample, 0) AS sample
FROM (${weeksSql(context)}) AS w
${crossed}${joined}
ORDER BY week`
  }
  // The value before the first week is carried into it.
  const partition = dimensions.map(({ table, column }) => `${table}.${column}`).join(', ')
  const series = `(${partition === '' ? '' : `PARTITION BY ${partition} `}ORDER BY w.begin_ms ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
  // The value of the last row, even if it is NULL.
  const value = `tupleElement(argMaxIf(tuple(r.value), w.begin_ms, isNotNull(r.sample)) OVER ${series}, 1)`
  return `SELECT week, begins, ends, ${dimensions.map(({ name }) => `\`${name}\`, `).join('')}value, sample
FROM (
  SELECT w.week AS week, ${TIMES}, ${named}${kind.empty.value === null ? value : `ifNull(${value}, ${kind.empty.value})`} AS value,
    ifNull(${kind.carries === 'cell' ? `anyLast(r.sample) OVER ${series}` : 'r.sample'}, 0) AS sample
  FROM (${weeksSql(context)} UNION ALL SELECT 0, ${BEFORE_FIRST}, 0) AS w
  ${crossed}${joined}
)
WHERE week > 0
ORDER BY week`
}

/** A column by which a view is broken down, and the query of its members. */
interface Dimension {
  readonly table: string
  readonly column: string
  readonly name: string
  readonly members: string
}

const valueIn = ({ empty }: QueriedKind) => (empty.value === null ? 'r.value' : `ifNull(r.value, ${empty.value})`)

/** The members of a property, each once: the listed ones and those that queries found. */
function membersSql(listed: readonly string[], found: readonly string[], { params }: QueryContext): string {
  const known = `SELECT toNullable(arrayJoin(${params.add(listed, 'Array(String)')})) AS member`
  return `SELECT DISTINCT member FROM (${[known, ...found].join(' UNION ALL ')})`
}

function cohortView(kind: CohortKind, metric: Metric, context: QueryContext): string {
  const { definition } = metric
  const { by } = context
  const { member } = memberSql(by)
  const weeks = weeksSql(context)
  const rows = `SELECT cohort_from, toInt64(offset) AS offset${member}, users FROM (${kind.query(definition, context)})`
  const members =
    by === undefined
      ? ''
      : `CROSS JOIN (${membersSql(listedMembers(metric, kind, by, context.plan), [`SELECT member FROM (${rows})`], context)}) AS m\n`
  const equal = member && ' AND r.member IS NOT DISTINCT FROM m.member'
  const size = `max(if(a.week = w.week, ifNull(r.users, 0), 0)) OVER (PARTITION BY w.week${member && ', m.member'})`
  return `SELECT w.week AS week, ${TIMES}, ${memberAs(by)}toInt64(a.week) - toInt64(w.week) AS offset, ${size} AS sample,
  if(sample > 0, ifNull(r.users, 0) / sample, NULL) AS value
FROM (${weeks}) AS w
CROSS JOIN (${weeks}) AS a
${members}LEFT JOIN (${rows}) AS r
  ON r.cohort_from = w.begin_ms AND r.offset = toInt64(a.week) - toInt64(w.week)${equal}
WHERE a.week >= w.week AND a.week - w.week <= ${kind.offsets(definition)}
ORDER BY week, offset`
}

const memberAs = (name: string | undefined) => (name === undefined ? '' : `m.member AS \`${name}\`, `)
