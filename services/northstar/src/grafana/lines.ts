import type { DashboardFigure } from '@northstar/api'
import { sqlLiteral } from '@northstar/catalogue'
import {
  intrinsicOf,
  listedMembers,
  type Metric,
  type MetricCatalogue,
  metricKinds,
  metricViewName,
  type Target,
  viewedBreakdowns,
} from '@northstar/metrics'

/** One query of a panel: a metric by week, from the metric's view. */
export interface Line {
  /** The title, also the name of the column. */
  readonly name: string
  readonly metric: Metric
  readonly sql: string
  /** The target, if it is the same for every week. */
  readonly target?: Target
  /** The column that separates the series of a query. */
  readonly seriesBy?: string
}

/** The dashboard's variable that names releases. */
export const RELEASE_VARIABLE = 'release'

/** The suffix of a target's column. */
export const TARGET_SUFFIX = ' (target)'

/** A dashboard figure that the metric views cannot express. */
export class NotInViews extends Error {
  readonly code = 'not_in_views'
  readonly retryable = false
  constructor(figure: DashboardFigure, reason: string) {
    super(`a figure of ${figure.metric} cannot be shown in Grafana: ${reason}`)
    this.name = 'NotInViews'
  }
}

/** The lines of a figure: one, and with `by` another one for each value. `withTarget` adds a column for the target. */
export function linesOf(figure: DashboardFigure, catalogue: MetricCatalogue, withTarget = true): readonly Line[] {
  const metric = catalogue.metrics.get(figure.metric)
  const kind = metric && metricKinds.get(metric.kind)
  // Never happens: the catalogue was validated.
  if (!metric || !kind) return []
  const name = figure.title ?? metric.title
  const filters = Object.entries(figure.where)
  const [filter] = filters
  if (filters.length > 1 || (filter && figure.by !== undefined)) throw new NotInViews(figure, 'a view is broken down by one property')

  /** A line of the rows in which a column of the view has this value. */
  const part = (view: string, own: string, column: string, literal: string, value: string): Line => {
    const target = metric.targets?.by.get(column)?.get(value)
    const sql = selectOf({ view, name: own, where: `\`${column}\` = ${literal}`, target: withTarget ? constant(target) : undefined })
    return { name: own, metric, sql, ...(target && { target }) }
  }
  if (kind.source === 'cohorts') {
    const offset = String(figure.offset ?? 1)
    return [part(metricViewName(metric.name), name, 'offset', offset, offset)]
  }
  const intrinsic = intrinsicOf(metric)
  if (intrinsic) {
    const view = metricViewName(metric.name)
    return intrinsic.members.map(member => part(view, `${name}: ${member}`, intrinsic.name, quoted(member), member))
  }
  if (filter) {
    const [property, value] = filter
    return [part(breakdownOf(figure, property, metric, catalogue), name, property, quoted(value), value)]
  }
  const whole = wholeOf(metric, name, withTarget)
  if (figure.by === undefined) return [whole]
  const { by } = figure
  const view = breakdownOf(figure, by, metric, catalogue)
  const members = [...new Set([...listedMembers(metric, kind, by, catalogue.plan), ...(metric.targets?.by.get(by)?.keys() ?? [])])]
  if (members.length > 0) return [whole, ...members.map(member => part(view, `${name}: ${member}`, by, quoted(member), member))]
  // A property without listed values has one query for all values.
  return [whole, { name: `${name} by ${by}`, metric, sql: selectOf({ view, name, also: by }), seriesBy: by }]
}

/** A metric by week and selected release; undefined if the metric has no view by release. */
export function releaseLine(metric: Metric, property: string, catalogue: MetricCatalogue): Line | undefined {
  if (!viewedBreakdowns(metric, catalogue).includes(property)) return undefined
  const where = `\`${property}\` IN (\${${RELEASE_VARIABLE}:singlequote})`
  return {
    name: metric.title,
    metric,
    sql: selectOf({ view: metricViewName(metric.name, property), name: metric.title, where, also: property }),
    seriesBy: property,
  }
}

function wholeOf(metric: Metric, name: string, withTarget: boolean): Line {
  const { targets } = metric
  const rest = targets?.periods.get('week') ?? targets?.any
  const weeks = [...(targets?.weeks ?? [])]
  const changing = weeks.map(([week, { value }]) => `WHEN ${week} THEN ${value}`).join(' ')
  const target = changing === '' ? constant(rest) : `CASE week ${changing} ELSE ${rest?.value ?? 'NULL'} END`
  const sql = selectOf({ view: metricViewName(metric.name), name, target: withTarget ? target : undefined })
  return { name, metric, sql, ...(weeks.length === 0 && rest && { target: rest }) }
}

const constant = (target: Target | undefined) => (target ? String(target.value) : undefined)

function breakdownOf(figure: DashboardFigure, property: string, metric: Metric, catalogue: MetricCatalogue): string {
  if (!viewedBreakdowns(metric, catalogue).includes(property)) throw new NotInViews(figure, `there is no view of it by ${property}`)
  return metricViewName(metric.name, property)
}

interface Selection {
  readonly view: string
  readonly name: string
  readonly where?: string
  /** SQL of the target column. */
  readonly target?: string | undefined
  /** A column that separates series. */
  readonly also?: string
}

/** Uses the macros of Grafana's ClickHouse data source. Weeks that overlap the time range are included. */
function selectOf({ view, name, where, target, also }: Selection): string {
  const columns = [
    'begins AS time',
    ...(also === undefined ? [] : [`\`${also}\``]),
    `value AS ${alias(name)}`,
    ...(target === undefined ? [] : [`${target} AS ${alias(`${name}${TARGET_SUFFIX}`)}`]),
  ]
  return `SELECT ${columns.join(', ')}
FROM ${view}
WHERE ${where === undefined ? '' : `${where} AND `}ends > $__fromTime AND begins <= $__toTime
ORDER BY time`
}

const alias = (name: string) => `"${name.replace(/[\\"]/g, '\\$&')}"`
const quoted: (text: string) => string = sqlLiteral
