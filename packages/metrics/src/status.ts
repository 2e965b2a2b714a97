import type { Calendar, Filter, Period, PeriodSpan } from '@northstar/catalogue'
import type { Member, SeriesPoint, TargetAnswer } from './answer.ts'
import type { Metric, Status, Target, Unit } from './metric.ts'

/** The place of a point, which decides which of a metric's targets applies. */
export interface TargetPlace {
  readonly period: Period
  readonly span: PeriodSpan
  /** The member of the breakdown; a filter on one value counts as that value's member. */
  readonly by?: Readonly<Record<string, Member>>
  readonly where: readonly Filter[]
}

/** The target for a point, or undefined. A target for the whole does not apply to its parts. */
export function targetFor(metric: Metric, calendar: Calendar, launch: string, place: TargetPlace): Target | undefined {
  const { targets } = metric
  if (!targets) return undefined
  const parts = [
    ...Object.entries(place.by ?? {}),
    ...place.where.map(({ property, op, values }) => [property, op === 'in' && values.length === 1 ? (values[0] ?? null) : null] as const),
  ]
  const [part, ...others] = parts
  // No target names events without the property.
  if (part) return others.length === 0 && part[1] !== null ? targets.by.get(part[0])?.get(String(part[1])) : undefined
  const { period, span } = place
  if (period === 'week' && targets.weeks.size > 0) {
    const week = targets.weeks.get(calendar.weekNumber(span.from))
    if (week) return week
  }
  if (period === 'total' && targets.total && isWholeOfWeeks(calendar, launch, Math.max(...targets.weeks.keys()), span)) return targets.total
  return targets.periods.get(period) ?? targets.any
}

function isWholeOfWeeks(calendar: Calendar, launch: string, weeks: number, span: PeriodSpan): boolean {
  let end = calendar.startOf(launch)
  if (span.from !== end) return false
  for (let week = 0; week < weeks; week++) end = calendar.periodAt('week', end).to
  return span.to === end
}

/** The status of a value with enough sample. */
export function statusOf(value: number, target: Target): Exclude<Status, 'not_enough_data'> {
  const { direction, maxAllowed } = target
  // A quotient may miss its target by a rounding error.
  const slack = Math.abs(target.value) * 1e-9
  const better = (a: number, b: number) => (direction === 'at_least' ? a - b : b - a)
  if (maxAllowed !== undefined && better(value, maxAllowed) < -slack) return 'off'
  const distance = better(value, target.value)
  if (Math.abs(distance) <= slack) return 'on_target'
  return distance > 0 ? 'ahead' : 'behind'
}

export function targetAnswer({ value, sample }: Pick<SeriesPoint, 'value' | 'sample'>, target: Target, unit: Unit): TargetAnswer {
  const { direction, maxAllowed, minSample } = target
  const answer = {
    value: target.value,
    direction,
    ...(maxAllowed !== undefined && { max_allowed: maxAllowed }),
    ...(minSample !== undefined && { min_sample: minSample }),
  }
  if (value === null) return answer
  if (sample < (minSample ?? 0)) return { ...answer, status: 'not_enough_data' }
  const difference = direction === 'at_least' ? value - target.value : target.value - value
  const distance = unit === 'ratio' || target.value === 0 ? difference : difference / Math.abs(target.value)
  return { ...answer, status: statusOf(value, target), distance }
}

/** The change from one value to the next: a difference for ratios, else a fraction of the previous value; null if it is undefined. */
export function changeOf(value: number | null, previous: number | null, unit: Unit): number | null {
  if (value === null || previous === null) return null
  if (unit === 'ratio') return value - previous
  return previous === 0 ? null : (value - previous) / Math.abs(previous)
}
