import type { MetricAnswer } from './api/types.ts'
import { formatDay, formatHour, formatMonth, formatQuarter, formatSpan, formatYear } from './format.ts'
import { memberNames, OTHER } from './members.ts'
import { soFarText } from './period.ts'

/** A chart's rows: one per period, with a value for each line. */
export interface Series {
  /** Lines, those with the largest sample first and `(other)` last; one empty name without a breakdown. */
  readonly names: readonly string[]
  /** The members that have no line of their own; see the API. */
  readonly others?: MetricAnswer['others']
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

/** The names of periods at the axis, where the day of their start does not name them. */
const LABELS: Readonly<Record<string, typeof formatDay>> = {
  hour: formatHour,
  month: formatMonth,
  quarter: formatQuarter,
  year: formatYear,
}

export function seriesOf({ points, period, others }: MetricAnswer, zone: string): Series {
  const nameOf = namerOf(points)
  const names = namesOf(points, nameOf)
  const spans = new Map<string, Point[]>()
  for (const point of points) spans.set(point.from, [...(spans.get(point.from) ?? []), point])
  const rows = [...spans].map(([from, parts]): SeriesRow => {
    const members = new Map(parts.map(part => [nameOf(part), part]))
    const [first] = parts
    const span = { from, to: first?.to ?? from, complete: first?.complete ?? false }
    const begun = Date.parse(from) <= Date.now()
    return {
      from,
      label: (LABELS[period] ?? formatDay)(from, zone),
      span: period === 'hour' ? formatHour(from, zone) : formatSpan(from, span.to, zone),
      complete: span.complete,
      soFar: soFarText(span),
      values: names.map(name => (begun ? (members.get(name)?.value ?? null) : null)),
      targets: names.map(name => members.get(name)?.target?.value ?? null),
    }
  })
  return { names, rows, others, hasTarget: rows.some(({ targets }) => targets.some(target => target !== null)) }
}

type Namer = (point: Point) => string

function namerOf(points: readonly Point[]): Namer {
  const memberName = memberNames(points)
  return point => (point.by ? memberName(point) : '')
}

function namesOf(points: readonly Point[], nameOf: Namer): readonly string[] {
  const sizes = new Map<string, { sample: number; value: number }>()
  for (const point of points) {
    const size = sizes.get(nameOf(point)) ?? { sample: 0, value: 0 }
    sizes.set(nameOf(point), { sample: size.sample + point.sample, value: size.value + Math.abs(point.value ?? 0) })
  }
  // Where all have the same sample, as the error rates by kind of error, the values decide.
  const bySize = [...sizes].sort(([, a], [, b]) => b.sample - a.sample || b.value - a.value).map(([name]) => name)
  return [...bySize.filter(name => name !== OTHER), ...bySize.filter(name => name === OTHER)]
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
