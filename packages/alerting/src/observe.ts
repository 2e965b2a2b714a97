import type { Period } from '@northstar/catalogue'
import type { AlertRule } from './alert-rule.ts'
import type { Observation } from './rule-state.ts'
import { previousSpan, type Span, type SpanOf, spanAt } from './window.ts'

/** A query to the metrics. Times are epoch milliseconds; `to` is exclusive. */
export interface ReadRequest {
  readonly metric: string
  readonly from: number
  readonly to: number
  readonly period: Period
  readonly by?: string
  readonly where?: Readonly<Record<string, string>>
  /** Compares the newest release at `to` with the previous one at the same age, which is at most the span's length. */
  readonly compare?: 'previous_release'
}

/** One point. `sample` is the number of events, users or sessions of the value; `value` is null without data. */
export interface ReadPoint {
  /** The member is null for events without the property. */
  readonly by?: Readonly<Record<string, string | number | boolean | null>>
  readonly value: number | null
  readonly sample: number
  readonly target?: { readonly value: number } | null
  /** Confidence interval of the difference from another release; absent without enough data. */
  readonly interval?: readonly [low: number, high: number]
  /** For cohort metrics: the cohort's first day and the number of periods since. */
  readonly cohort?: string
  readonly offset?: number
}

export interface ReadAnswer {
  readonly points: readonly ReadPoint[]
  readonly source?: 'live' | 'warehouse'
}

export type Read = (request: ReadRequest) => Promise<ReadAnswer>

export interface Observed {
  readonly observations: readonly Observation[]
  readonly source: 'live' | 'warehouse'
  readonly span: Span
}

/** Reads the rule's metric at `now`, with thresholds. Equal answers give equal observations. */
export async function observe(rule: AlertRule, now: number, read: Read, spanOf: SpanOf, latenessMs = 0): Promise<Observed> {
  const span = spanAt(rule.window, now, spanOf, latenessMs)
  const period = rule.window.kind === 'period' ? rule.window.period : 'total'
  const query = {
    metric: rule.metric,
    ...(rule.by !== undefined && { by: rule.by }),
    ...(Object.keys(rule.where).length > 0 && { where: rule.where }),
  }
  const { kind } = rule.condition.threshold
  if (rule.offset !== undefined && rule.window.kind === 'period') {
    let cohort = span
    for (let i = 0; i < rule.offset; i++) cohort = previousSpan(rule.window, cohort, spanOf)
    const answer = await read({ ...query, from: cohort.from, to: span.to, period })
    const [oldest] = answer.points.map(point => point.cohort ?? '').sort()
    const points = answer.points.filter(point => point.offset === rule.offset && point.cohort === oldest)
    return { observations: points.map(point => toObservation(rule, point, undefined)), source: answer.source ?? 'warehouse', span }
  }
  if (kind === 'previous_release') {
    const aligned = releaseSpan(span)
    const { points } = await read({ ...query, ...aligned, period: 'total', compare: 'previous_release' })
    return { observations: points.map(point => toObservation(rule, point, undefined)), source: 'warehouse', span: aligned }
  }
  const answer = await read({ ...query, ...span, period })
  let previous: readonly ReadPoint[] = []
  if (kind === 'change' || kind === 'growth') {
    previous = (await read({ ...query, ...previousSpan(rule.window, span, spanOf), period })).points
  }
  const observations = answer.points.map(point => {
    const member = memberOf(rule, point)
    return toObservation(
      rule,
      point,
      previous.find(other => memberOf(rule, other) === member),
    )
  })
  return { observations, source: answer.source ?? 'warehouse', span }
}

const RELEASE_STEP_MS = 5 * 60_000

/** Aligned to five minutes, so that releases are compared no more often: a difference develops over hours, and a comparison takes several queries. */
const releaseSpan = ({ from, to }: Span): Span => {
  const end = Math.floor(to / RELEASE_STEP_MS) * RELEASE_STEP_MS
  return { from: end - (to - from), to: end }
}

function memberOf(rule: AlertRule, point: ReadPoint): string | null {
  return rule.by === undefined ? null : String(point.by?.[rule.by] ?? '')
}

function toObservation(rule: AlertRule, point: ReadPoint, previous: ReadPoint | undefined): Observation {
  return { member: memberOf(rule, point), value: point.value, sample: point.sample, threshold: thresholdOf(rule, point, previous) }
}

/** The threshold in the metric's own unit. */
function thresholdOf(rule: AlertRule, point: ReadPoint, previous: ReadPoint | undefined): number | null {
  const { threshold, direction } = rule.condition
  if (threshold.kind === 'number') return threshold.value
  if (threshold.kind === 'target') return point.target ? point.target.value * threshold.times : null
  if (threshold.kind === 'change') return previous?.value ? previous.value * (1 + threshold.fraction) : null
  if (threshold.kind === 'previous_release') {
    // The interval of the difference is on the bad side of 0 exactly if the value is past this threshold.
    const [low, high] = point.interval ?? []
    const end = direction === 'above' ? low : high
    return point.value === null || end === undefined ? null : point.value - end
  }
  if (!point.target) return null
  return (previous?.value ?? 0) + threshold.times * (point.target.value - (previous?.target?.value ?? 0))
}
