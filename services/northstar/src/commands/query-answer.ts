import { createCalendar, DAY_MS } from '@northstar/catalogue'
import type { CohortPoint, MetricAnswer, SeriesPoint } from '@northstar/http-api'
import {
  formatCsv,
  formatDifference,
  formatPercent,
  formatPoints,
  formatRelative,
  formatTable,
  type NumberFormats,
  sparkline,
} from '../table.ts'

type Point = SeriesPoint | CohortPoint

/** The answer as a table, a caption, and a sparkline per member and cohort. */
export function answerAsTable(answer: MetricAnswer, now = Date.now()): string {
  const { metric, unit, timezone, period, source, points, unknown } = answer
  const partial = points.some(point => !point.complete)
  const begins = localTimes(timezone, period)
  const rows = points.map(point => ({
    ...rowOf(point, '(none)'),
    from: begins(point.from),
    ...(partial && { period: point.complete ? '' : progressOf(point, now) }),
  }))
  const about = `${metric} (${unit}) by ${period}, ${timezone}, from the ${source === 'live' ? 'live counters' : 'warehouse'}`
  const parts = [
    rows.length === 0 ? 'No values: no event matches in this time.' : formatTable(rows, formatsOf(answer)),
    ...(unknown ? [unknownText(unknown, timezone)] : []),
    sparklines(about, points),
    ...(answer.others ? [othersText(answer.others)] : []),
  ]
  return parts.join('\n\n')
}

/** Why values are unknown, and since when, in the product's zone. */
export function unknownText({ since, reason }: NonNullable<MetricAnswer['unknown']>, timezone: string): string {
  return `unknown${since === null ? '' : ` since ${localTimes(timezone, 'hour')(since)}`}: ${reason}`
}

const othersText = ({ members, together }: NonNullable<MetricAnswer['others']>) =>
  together ? `(other): ${members} more, combined. Use --limit to show more.` : `${members} more are not shown. Use --limit to show more.`

/** The answer as CSV: unformatted numbers and RFC 3339 times. */
export function answerAsCsv({ points }: MetricAnswer): string {
  return formatCsv(points.map(point => ({ ...rowOf(point, null), to: timeOf(point.to), complete: point.complete })))
}

/** Formats times in the product's zone. The start of a day is formatted as its date, since it identifies a period. */
function localTimes(timeZone: string, period: MetricAnswer['period']): (time: string) => string {
  const calendar = createCalendar({ timezone: timeZone, launch: '1970-01-01' })
  const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', timeZoneName: 'longOffset' })
  return time => {
    const instant = Date.parse(time)
    const day = calendar.date(instant)
    if (period !== 'hour' && calendar.startOf(day) === instant) return day
    return `${day} ${clock.format(instant).replace(' GMT', '')}`
  }
}

const timeOf = (time: string) => time.replace('.000Z', 'Z')

/** The elapsed part of the current period, such as `2 of 7 days`; `partial` for a period that the query cuts off. */
function progressOf({ from, to }: Point, now: number): string {
  const [start, end] = [Date.parse(from), Date.parse(to)]
  if (end <= now || start > now || end - start < 2 * DAY_MS) return 'partial'
  const days = Math.round((end - start) / DAY_MS)
  return `${Math.min(days, Math.ceil((now - start) / DAY_MS))} of ${days} days`
}

type Name = NonNullable<Point['by']>[string]
const nameOf = <N extends string | null>(member: Name, absent: N) => (member === null ? absent : String(member))

/** @param absent the name of the events without the property */
function rowOf(point: Point, absent: '(none)' | null) {
  const { from, by, value, sample, target, previous, change } = point
  return {
    from: timeOf(from),
    ...('cohort' in point && { cohort: point.cohort, offset: point.offset }),
    ...Object.fromEntries(Object.entries(by ?? {}).map(([property, member]) => [property, nameOf(member, absent)])),
    value,
    sample,
    ...(target && { target: target.value, status: target.status, distance: target.distance }),
    // `previous` is also present when not asked for, but then without `change`.
    ...(change !== undefined && { previous, change }),
  }
}

/** Number formats by unit: differences of ratios are in percentage points. */
function formatsOf({ unit, points }: MetricAnswer): NumberFormats {
  if (unit !== 'ratio') {
    return {
      // The distance from a target of 0 is a plain difference.
      distance: (distance, { target }) => (target === 0 ? formatDifference(distance) : formatRelative(distance)),
      change: formatRelative,
    }
  }
  const decimals = decimalsFor(points.flatMap(({ value, target, previous }) => [value ?? 0, target?.value ?? 0, previous ?? 0]))
  const percent = (value: number) => formatPercent(value, decimals)
  const difference = (value: number) => formatPoints(value, decimals)
  return { value: percent, target: percent, previous: percent, distance: difference, change: difference }
}

/** Number of decimals of all percentages in a table: one to three, depending on the smallest value. */
function decimalsFor(fractions: readonly number[]): number {
  const least = Math.min(...fractions.filter(fraction => fraction !== 0).map(Math.abs))
  return least >= 0.01 ? 1 : least >= 0.001 ? 2 : 3
}

function sparklines(about: string, points: readonly Point[]): string {
  // Columns of the sparklines are periods, or the age of cohorts.
  const columns = [...new Set(points.map(columnOf))]
  // A single value has no trend.
  if (columns.length < 2) return about
  const series = new Map<string, Map<string | number, number | null>>()
  for (const point of points) {
    const name = seriesOf(point)
    const values = series.get(name) ?? new Map<string | number, number | null>()
    series.set(name, values.set(columnOf(point), point.value))
  }
  const bars = [...series].map(([name, values]) => [name, sparkline(columns.map(column => values.get(column) ?? null))] as const)
  const width = Math.max(...bars.map(([name]) => name.length))
  if (width === 0) return `${about}  ${bars[0]?.[1]}`.trimEnd()
  return [about, '', ...bars.map(([name, line]) => `${name.padEnd(width)}  ${line}`.trimEnd())].join('\n')
}

const columnOf = (point: Point) => ('cohort' in point ? point.offset : point.from)

/** The name of a sparkline's series; empty for a single series. */
function seriesOf(point: Point): string {
  const members = Object.values(point.by ?? {}).map(member => nameOf(member, '(none)'))
  return [...('cohort' in point ? [point.cohort] : []), ...members].join('  ')
}
