import { createCalendar } from '@northstar/catalogue'
import type { CohortPoint, Member, MetricAnswer, SeriesPoint } from '@northstar/metrics'
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

/** The answer for people: a table, what it is about, and its course as bars, for each member of a breakdown and each cohort. */
export function answerAsTable(answer: MetricAnswer): string {
  const { metric, unit, timezone, period, source, points } = answer
  const partial = points.some(point => !point.complete)
  const begins = localTimes(timezone, period)
  const rows = points.map(point => ({
    ...rowOf(point),
    from: begins(point.from),
    ...(partial && { period: point.complete ? '' : 'partial' }),
  }))
  const about = `${metric} (${unit}) by ${period}, ${timezone}, from the ${source === 'live' ? 'live counters' : 'warehouse'}`
  return `${formatTable(rows, formatsOf(answer))}\n\n${courses(about, points)}`
}

/** The answer for programs: fractions stay fractions, and times are times. */
export function answerAsCsv({ points }: MetricAnswer): string {
  return formatCsv(points.map(point => ({ ...rowOf(point), to: timeOf(point.to), complete: point.complete })))
}

/** Times in the product's zone: the day where one begins then, since that is what days, weeks and months are known by. */
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

/** Null stays null, of which CSV and tables have their own form. */
const nameOf = (member: Member) => (member === null ? null : String(member))

function rowOf(point: Point) {
  const { from, by, value, sample, target, previous, change } = point
  return {
    from: timeOf(from),
    ...('cohort' in point && { cohort: point.cohort, offset: point.offset }),
    ...Object.fromEntries(Object.entries(by ?? {}).map(([property, member]) => [property, nameOf(member)])),
    value,
    sample,
    ...(target && { target: target.value, status: target.status, distance: target.distance }),
    // `previous` is there unasked, but then it has no change.
    ...(change !== undefined && { previous, change }),
  }
}

/** The numbers as people read them. What the API gives as a plain difference of ratios are points of a percentage. */
function formatsOf({ unit, points }: MetricAnswer): NumberFormats {
  if (unit !== 'ratio') {
    return {
      // A target of nothing has no fractions.
      distance: (distance, { target }) => (target === 0 ? formatDifference(distance) : formatRelative(distance)),
      change: formatRelative,
    }
  }
  const decimals = decimalsFor(points.flatMap(({ value, target, previous }) => [value ?? 0, target?.value ?? 0, previous ?? 0]))
  const percent = (value: number) => formatPercent(value, decimals)
  const difference = (value: number) => formatPoints(value, decimals)
  return { value: percent, target: percent, previous: percent, distance: difference, change: difference }
}

/** One decimal, but as many as the smallest of a table needs, up to three: a crash rate of 0.05% is not 0.1%. */
function decimalsFor(fractions: readonly number[]): number {
  const least = Math.min(...fractions.filter(fraction => fraction !== 0).map(Math.abs))
  return least >= 0.01 ? 1 : least >= 0.001 ? 2 : 3
}

function courses(about: string, points: readonly Point[]): string {
  // Bars that stand below each other are of the same period, or of the same age of the cohorts.
  const places = [...new Set(points.map(placeOf))]
  // A single value has no course.
  if (places.length < 2) return about
  const series = new Map<string, Map<string | number, number | null>>()
  for (const point of points) {
    const name = seriesOf(point)
    const values = series.get(name) ?? new Map<string | number, number | null>()
    series.set(name, values.set(placeOf(point), point.value))
  }
  const bars = [...series].map(([name, values]) => [name, sparkline(places.map(place => values.get(place) ?? null))] as const)
  const width = Math.max(...bars.map(([name]) => name.length))
  if (width === 0) return `${about}  ${bars[0]?.[1]}`.trimEnd()
  return [about, '', ...bars.map(([name, line]) => `${name.padEnd(width)}  ${line}`.trimEnd())].join('\n')
}

const placeOf = (point: Point) => ('cohort' in point ? point.offset : point.from)

/** The name of what a course is of; empty where there is only one. */
function seriesOf(point: Point): string {
  const members = Object.values(point.by ?? {}).map(member => nameOf(member) ?? '–')
  return [...('cohort' in point ? [point.cohort] : []), ...members].join('  ')
}
