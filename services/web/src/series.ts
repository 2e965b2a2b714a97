import type { MetricAnswer } from './api/types.ts'
import { formatDay, formatHour, formatSpan } from './format.ts'
import { memberTitle } from './members.ts'
import { soFarText } from './period.ts'

/** A chart's rows: one per period, with a value for each line. */
export interface Series {
  /** Lines, those with the largest sample first; one empty name without a breakdown. */
  readonly names: readonly string[]
  readonly rows: readonly SeriesRow[]
  readonly hasTarget: boolean
}

export interface SeriesRow {
  readonly from: string
  readonly label: string
  readonly span: string
  readonly complete: boolean
  /** `so far, 2 of 7 days`; empty for a complete period. */
  readonly soFar: string
  readonly values: readonly (number | null)[]
  readonly targets: readonly (number | null)[]
}

/** Lines drawn in one chart; more cannot be distinguished. */
export const MAX_LINES = 5

type Point = MetricAnswer['points'][number]

export function seriesOf({ points, period }: MetricAnswer, zone: string): Series {
  const names = namesOf(points)
  const spans = new Map<string, Point[]>()
  for (const point of points) spans.set(point.from, [...(spans.get(point.from) ?? []), point])
  const rows = [...spans].map(([from, parts]): SeriesRow => {
    const members = new Map(parts.map(part => [nameOf(part), part]))
    const [first] = parts
    const span = { from, to: first?.to ?? from, complete: first?.complete ?? false }
    const begun = Date.parse(from) <= Date.now()
    return {
      from,
      label: period === 'hour' ? formatHour(from, zone) : formatDay(from, zone),
      span: period === 'hour' ? formatHour(from, zone) : formatSpan(from, span.to, zone),
      complete: span.complete,
      soFar: soFarText(span),
      values: names.map(name => (begun ? (members.get(name)?.value ?? null) : null)),
      targets: names.map(name => members.get(name)?.target?.value ?? null),
    }
  })
  return { names, rows, hasTarget: rows.some(({ targets }) => targets.some(target => target !== null)) }
}

function nameOf(point: Point): string {
  if ('cohort' in point) return formatDay(`${point.cohort}T12:00:00Z`, 'UTC')
  return point.by ? memberTitle(point) : ''
}

function namesOf(points: readonly Point[]): readonly string[] {
  const samples = new Map<string, number>()
  for (const point of points) samples.set(nameOf(point), (samples.get(nameOf(point)) ?? 0) + point.sample)
  return [...samples].sort(([, a], [, b]) => b - a).map(([name]) => name)
}

/** One series per answer, all over the same periods. */
export function combineSeries(parts: readonly { readonly name: string; readonly answer: MetricAnswer }[], zone: string): Series {
  const each = parts.map(({ answer }) => seriesOf(answer, zone).rows)
  const rows = (each[0] ?? []).map((row, place) => ({
    ...row,
    targets: each.map(own => own[place]?.targets[0] ?? null),
    values: each.map(own => own[place]?.values[0] ?? null),
  }))
  return { names: parts.map(({ name }) => name), rows, hasTarget: rows.some(({ targets }) => targets.some(target => target !== null)) }
}
