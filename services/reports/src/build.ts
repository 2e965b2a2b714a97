import { type Calendar, DAY_MS, type Period, type Titles, valueTitle } from '@northstar/catalogue'
import {
  type CohortPoint,
  intrinsicOf,
  type Metric,
  type MetricAnswer,
  type MetricReader,
  type SeriesPoint,
  wholePoints,
} from '@northstar/metrics'
import type { Figure, Line, Report, Section } from './report.ts'
import type { MetricLine, ReportDefinition, ReportLine } from './reports-file.ts'

/** The part of an alert that a report shows. */
export interface ReportedAlert {
  /** The rule's title. */
  readonly title: string
  readonly severity: string
  readonly summary: string
  readonly acknowledgedBy: string | null
}

export interface BuildDeps {
  /** Reads why a metric's value at a time is unknown; null if it is known. Times are epoch ms. */
  readonly unknown?: (metric: Metric, at: number) => Promise<{ readonly since: number | null; readonly reason: string } | null>
  readonly metrics: ReadonlyMap<string, Metric>
  readonly titles: Titles
  readonly calendar: Calendar
  readonly read: MetricReader['read']
  /** The alerts that fired at an instant, epoch ms. */
  readonly alerts: (at: number) => Promise<readonly ReportedAlert[]>
  /** Lists that were written for this report and day, by heading. */
  readonly notes: (report: string, date: string) => Promise<Readonly<Record<string, readonly string[]>>>
}

export interface BuildOptions {
  readonly name: string
  readonly definition: ReportDefinition
  /** The day on which the report is due, `YYYY-MM-DD`. It covers the time before that day. */
  readonly date: string
  /** The report shows the alerts that fired at this instant, epoch ms. */
  readonly at: number
  readonly lateMs?: number
}

/** Number of periods in a chart. */
const CHART_PERIODS = 12

interface Span {
  readonly from: number
  readonly to: number
  readonly soFar?: Figure['soFar']
}

/** Builds the report of a day. The result depends only on the day, the stored events, the alerts and the notes. */
export async function buildReport({ name, definition, date, at, lateMs }: BuildOptions, deps: BuildDeps): Promise<Report> {
  const end = deps.calendar.startOf(date)
  const notes = await deps.notes(name, date)
  const build = (line: ReportLine) => buildLine(line, { period: definition.period, end, at, notes }, deps)
  const sections: Section[] = []
  for (const { title, lines } of definition.sections) {
    const built = await Promise.all(lines.map(build))
    const shown = built.flat()
    if (shown.length > 0) sections.push({ ...(title !== undefined && { title }), lines: shown })
  }
  return { name, title: definition.title, date, timezone: deps.calendar.timezone, ...(lateMs && { lateMs }), sections }
}

interface LineContext {
  readonly period: MetricLine['period'] & string
  /** The end of the time that the report covers, epoch ms. */
  readonly end: number
  /** The instant of its alerts, epoch ms. */
  readonly at: number
  readonly notes: Readonly<Record<string, readonly string[]>>
}

async function buildLine(line: ReportLine, { period, end, at, notes }: LineContext, deps: BuildDeps): Promise<readonly Line[]> {
  if ('text' in line) return [{ kind: 'text', text: line.text }]
  if ('metric' in line) return [{ kind: 'figure', figure: await buildFigure(line, line.period ?? period, end, deps) }]
  const texts = 'notes' in line ? (notes[line.notes] ?? []).map(text => ({ text })) : await alertLines(line.alerts, at, deps)
  if (texts.length === 0 && line.empty !== undefined) return [{ kind: 'text', text: line.empty }]
  return texts.map(text => ({ kind: 'text' as const, ...text }))
}

async function alertLines(severities: readonly string[], at: number, { alerts }: BuildDeps) {
  const firing = (await alerts(at)).filter(alert => severities.includes(alert.severity))
  return firing
    .toSorted((a, b) => a.severity.localeCompare(b.severity))
    .map(({ title, severity, summary, acknowledgedBy }) => ({
      severity,
      text: `${title}: ${summary}${acknowledgedBy === null ? '' : ` (acknowledged by ${acknowledgedBy})`}`,
    }))
}

/** The verdict on an unfinished period, which only what later events cannot undo has: a target that is reached already. */
function reachedStatus(point: Pick<SeriesPoint, 'value' | 'sample' | 'target'> | undefined): 'ahead' | 'on_target' | undefined {
  if (!point?.target || point.value === null || point.target.direction !== 'at_least') return undefined
  const { value, min_sample = 0 } = point.target
  if (point.value < value || point.sample < min_sample) return undefined
  return point.value > value ? 'ahead' : 'on_target'
}

async function buildFigure(line: MetricLine, period: MetricLine['period'] & string, end: number, deps: BuildDeps): Promise<Figure> {
  const metric = deps.metrics.get(line.metric)
  const span = line.running ? runningSpan(period, end, deps.calendar) : lastWholeSpan(period, end, deps.calendar)
  const question = { metric: line.metric, where: line.where, period, source: 'warehouse' as const }
  const answer = await deps.read({ ...question, from: span.from, to: span.to, ...(line.change && { compare: 'previous' as const }) })
  const unknown = metric && (await deps.unknown?.(metric, span.to))
  if (unknown) return unknownFigure(line, metric, period, unknown, deps.calendar)
  const point = pointOf(metric, answer, line)
  const target = point?.target
  const value = point?.value ?? null
  const status = span.soFar ? reachedStatus(point) : target?.status
  return {
    title: line.title ?? metric?.title ?? line.metric,
    metric: line.metric,
    unit: answer.unit,
    period,
    value,
    ...(target && { target: { value: target.value, direction: target.direction } }),
    ...(status && status !== 'not_enough_data' && { status }),
    ...(span.soFar && { soFar: span.soFar }),
    ...(line.change && !span.soFar && { change: point?.change ?? null }),
    ...(line.by !== undefined && { members: await membersOf(line, span, period, deps) }),
    ...(line.chart && { course: await courseOf(line, span, period, deps) }),
  }
}

function unknownFigure(
  line: MetricLine,
  { title, unit }: Metric,
  period: Period,
  { since, reason }: { readonly since: number | null; readonly reason: string },
  calendar: Calendar,
): Figure {
  const unknown = { since: since === null ? null : calendar.date(since), reason }
  return { title: line.title ?? title, metric: line.metric, unit, period, value: null, unknown }
}

function lastWholeSpan(period: MetricLine['period'] & string, end: number, calendar: Calendar): Span {
  return calendar.before(period, calendar.periodAt(period, end))
}

/** The period that contains the last whole day, up to the end of that day. It is a whole period if that day is its last. */
function runningSpan(period: MetricLine['period'] & string, end: number, calendar: Calendar): Span {
  const whole = calendar.periodAt(period, end - 1)
  if (whole.to <= end) return whole
  const days = (to: number) => Math.round((to - whole.from) / DAY_MS)
  return { from: whole.from, to: end, soFar: { days: days(end), of: days(whole.to) } }
}

const pointOf = (metric: Metric | undefined, { points }: MetricAnswer, { offset }: MetricLine): SeriesPoint | CohortPoint | undefined =>
  offset === undefined ? wholePoints(metric, points)[0] : points.find(point => 'offset' in point && point.offset === offset)

async function membersOf(
  line: MetricLine,
  span: Span,
  period: Period,
  { read, metrics, titles }: BuildDeps,
): Promise<NonNullable<Figure['members']>> {
  const { metric, where, by = '', zeros, top } = line
  const { points } = await read({ metric, where, by, period, from: span.from, to: span.to, source: 'warehouse' })
  const members = points
    .map(point => ({ name: String(point.by?.[by] ?? '(none)'), value: point.value }))
    .filter(({ value }) => zeros || (value !== null && value !== 0))
  const titled = (shown: typeof members) => shown.map(({ name, value }) => ({ name: valueTitle(titles, by, name), value }))
  if (intrinsicOf(metrics.get(metric))?.name === by) return titled(members)
  if (top === undefined) return titled(members.toSorted((a, b) => a.name.localeCompare(b.name)))
  return titled(members.toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0)).slice(0, top))
}

async function courseOf(line: MetricLine, span: Span, period: MetricLine['period'] & string, { read, calendar, metrics }: BuildDeps) {
  let first: { readonly from: number; readonly to: number } = span
  for (let n = 1; n < CHART_PERIODS; n++) first = calendar.before(period, first)
  const { points } = await read({ metric: line.metric, where: line.where, period, from: first.from, to: span.to, source: 'warehouse' })
  const shown = line.offset === undefined ? wholePoints(metrics.get(line.metric), points) : points
  return shown.filter(point => line.offset === undefined || ('offset' in point && point.offset === line.offset)).map(({ value }) => value)
}
