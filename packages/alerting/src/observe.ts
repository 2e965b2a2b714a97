import type { Period } from '@northstar/catalogue'
import type { AlertRule } from './alert-rule.ts'
import type { Observation } from './rule-state.ts'
import { previousSpan, type Span, type SpanOf, spanAt } from './window.ts'

/** A question to the metrics. Times are epoch milliseconds, `to` excluded. */
export interface ReadRequest {
  readonly metric: string
  readonly from: number
  readonly to: number
  readonly period: Period
  readonly by?: string
  readonly where?: Readonly<Record<string, string>>
  /** The newest release at `to` beside the one before, at the same age, at most as old as the span is long. */
  readonly compare?: 'previous_release'
}

/** One answer. `sample` is what the value rests on; `value` is null where nothing was measured. */
export interface ReadPoint {
  /** A member is null where the events do not say. */
  readonly by?: Readonly<Record<string, string | number | boolean | null>>
  readonly value: number | null
  readonly sample: number
  readonly target?: { readonly value: number } | null
  /** The interval of the difference from another release; absent without enough data. */
  readonly interval?: readonly [low: number, high: number]
  /** For cohort metrics: the cohort's first day and the periods since. */
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

/** The values of the rule's metric at `now`, with their thresholds. The same requests make the same observations. */
export async function observe(rule: AlertRule, now: number, read: Read, spanOf: SpanOf, latenessMs = 0): Promise<Observed> {
  const span = spanAt(rule.window, now, spanOf, latenessMs)
  const period = rule.window.kind === 'period' ? rule.window.period : 'total'
  const question = {
    metric: rule.metric,
    ...(rule.by !== undefined && { by: rule.by }),
    ...(Object.keys(rule.where).length > 0 && { where: rule.where }),
  }
  const { kind } = rule.condition.threshold
  if (rule.offset !== undefined && rule.window.kind === 'period') {
    let cohort = span
    for (let i = 0; i < rule.offset; i++) cohort = previousSpan(rule.window, cohort, spanOf)
    const answer = await read({ ...question, from: cohort.from, to: span.to, period })
    const [oldest] = answer.points.map(point => point.cohort ?? '').sort()
    const points = answer.points.filter(point => point.offset === rule.offset && point.cohort === oldest)
    return { observations: points.map(point => toObservation(rule, point, undefined)), source: answer.source ?? 'warehouse', span }
  }
  if (kind === 'previous_release') {
    const asked = releaseSpan(span)
    const { points } = await read({ ...question, ...asked, period: 'total', compare: 'previous_release' })
    return { observations: points.map(point => toObservation(rule, point, undefined)), source: 'warehouse', span: asked }
  }
  const answer = await read({ ...question, ...span, period })
  let previous: readonly ReadPoint[] = []
  if (kind === 'change' || kind === 'growth') {
    previous = (await read({ ...question, ...previousSpan(rule.window, span, spanOf), period })).points
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

/** Releases are compared every five minutes: a difference shows over hours, and a comparison costs some queries. */
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
    // The difference's interval lies on the bad side of 0 exactly when the value lies past this.
    const [low, high] = point.interval ?? []
    const end = direction === 'above' ? low : high
    return point.value === null || end === undefined ? null : point.value - end
  }
  if (!point.target) return null
  return (previous?.value ?? 0) + threshold.times * (point.target.value - (previous?.target?.value ?? 0))
}
