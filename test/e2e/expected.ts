import type { PeriodSpan } from '@northstar/catalogue'
import type { Row } from '@northstar/events'
import type { CountedKind, Metric } from '@northstar/metrics'
import { quantile } from '../../packages/metrics/src/contract/folds.ts'

/** A value in the API's form. */
export interface Point {
  readonly from: string
  readonly to: string
  readonly by?: Readonly<Record<string, string | number | boolean | null>>
  readonly value: number | null
  readonly sample: number
}

export const PERCENTILE_ERROR = 0.01
export const UNIQUES_ERROR = 0.02

const within = (got: number, want: number, error: number, slack = 1e-9) => Math.abs(got - want) <= Math.abs(want) * error + slack

/** Whether a live value is correct: exact, or within the documented error of its sketch. */
export function isLiveValue(
  metric: Metric,
  kind: CountedKind,
  got: Point,
  want: { readonly value: number | null; readonly sample: number },
  rows: readonly Row[],
): boolean {
  if (want.value === null || got.value === null) return got.value === want.value
  if (metric.kind === 'percentile') return got.sample === want.sample && isPercentile(metric, got.value, rows)
  const uniques = kind.parts(metric.definition).map(part => part.kind === 'unique')
  if (!uniques.includes(true)) return within(got.value, want.value, 1e-9) && got.sample === want.sample
  // A share of two estimates: each of them keeps to the error; half an id is rounding.
  const estimated = (a: number, b: number) => within(a, b, UNIQUES_ERROR, 0.5)
  if (metric.kind === 'unique') return estimated(got.value, want.value)
  return estimated(got.sample, want.sample) && estimated(got.value * got.sample, want.value * want.sample)
}

/** Between the observations on either side of the rank, within the error. */
function isPercentile(metric: Metric, got: number, rows: readonly Row[]): boolean {
  const { of, percentile } = metric.definition as { readonly of: string; readonly percentile: number }
  const sorted = rows.flatMap(row => (typeof row[of] === 'number' ? [row[of]] : [])).sort((a, b) => a - b)
  const rank = (percentile / 100) * (sorted.length - 1)
  const low = sorted[Math.floor(rank)] ?? Number.NaN
  const high = sorted[Math.ceil(rank)] ?? Number.NaN
  const exact = quantile(sorted, percentile / 100) ?? Number.NaN
  return within(got, exact, PERCENTILE_ERROR) || (got >= low * (1 - PERCENTILE_ERROR) && got <= high * (1 + PERCENTILE_ERROR))
}

/** The metric's own events of the span, of one member of a breakdown. */
export function observed(metric: Metric, part: string, rows: readonly Row[], span: PeriodSpan): readonly Row[] {
  const { events } = metric.definition as { readonly events?: readonly string[] }
  const [property = '', member] = part.split('=')
  return rows.filter(
    row =>
      row.timestamp >= span.from &&
      row.timestamp < span.to &&
      (events === undefined || events.includes(row.event)) &&
      (member === undefined || String(row[property]) === member),
  )
}
