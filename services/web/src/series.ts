import type { MetricAnswer } from './api/types.ts'
import { formatClock, formatDay, formatSpan, humanize } from './format.ts'

/** A chart's rows: one per period, with a value for each line. */
export interface Series {
  readonly names: readonly string[]
  readonly rows: readonly SeriesRow[]
  readonly hasTarget: boolean
}

export interface SeriesRow {
  readonly label: string
  readonly span: string
  readonly complete: boolean
  readonly target: number | null
  readonly values: readonly (number | null)[]
}

/** Lines drawn in one chart; more cannot be distinguished. */
export const MAX_LINES = 5

export function seriesOf({ points, period }: MetricAnswer, zone: string): Series {
  const nameOf = (point: MetricAnswer['points'][number]) =>
    'cohort' in point
      ? formatDay(`${point.cohort}T12:00:00Z`, 'UTC')
      : point.by
        ? humanize(String(Object.values(point.by)[0] ?? '(none)'))
        : ''
  const names = [...new Set(points.map(nameOf))]
  const spans = new Map<string, (typeof points)[number][]>()
  for (const point of points) spans.set(point.from, [...(spans.get(point.from) ?? []), point])
  const rows = [...spans.values()].map((parts): SeriesRow => {
    const values = new Map(parts.map(part => [nameOf(part), part]))
    const first = parts[0]
    const from = first?.from ?? ''
    const to = first?.to ?? ''
    const begun = Date.parse(from) <= Date.now()
    return {
      label: period === 'hour' ? formatClock(from, zone) : formatDay(from, zone),
      span: period === 'hour' ? `${formatDay(from, zone)}, ${formatClock(from, zone)}` : formatSpan(from, to, zone),
      complete: first?.complete ?? false,
      target: names.length === 1 ? (first?.target?.value ?? null) : null,
      values: names.map(name => (begun ? (values.get(name)?.value ?? null) : null)),
    }
  })
  return { names, rows, hasTarget: rows.some(({ target }) => target !== null) }
}

/** One series per answer, all over the same periods. */
export function combineSeries(parts: readonly { readonly name: string; readonly answer: MetricAnswer }[], zone: string): Series {
  const each = parts.map(({ answer }) => seriesOf(answer, zone).rows)
  const rows = (each[0] ?? []).map((row, place) => ({ ...row, target: null, values: each.map(own => own[place]?.values[0] ?? null) }))
  return { names: parts.map(({ name }) => name), rows, hasTarget: false }
}
