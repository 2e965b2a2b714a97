import { type AlertRule, observe, previousSpan, type Read, type Span, type SpanOf, spanAt, spanBefore } from '@northstar/alerting'
import { DAY_MS, HOUR_MS, iso, MINUTE_MS } from '@northstar/catalogue'
import type { AlertCourse } from '@northstar/http-api'

/** The rule and the times of an alert, epoch ms. */
export interface AlertTimes {
  readonly rule: AlertRule
  /** The member of the rule's breakdown; null without one. */
  readonly member: string | null
  readonly startsAt: number
  readonly endsAt: number | null
}

const POINTS = 32
const PERIODS = 12

/** The times at which the rule is observed: from some windows before the alert until after its end, or the last periods. */
export function observedTimes({ rule, startsAt, endsAt }: AlertTimes, now: number, spanOf: SpanOf): readonly number[] {
  const { window } = rule
  if (window.kind === 'period') {
    const last = endsAt === null ? now : Math.min(now, endsAt)
    let span = spanAt(window, last, spanOf)
    const times: number[] = []
    for (let n = 0; n < PERIODS; n++) {
      // A complete period is read after its end.
      times.unshift(window.which === 'current' ? Math.min(span.to - 1, now) : span.to)
      span = spanBefore(window.period, span, spanOf)
    }
    return times
  }
  const from = startsAt - Math.max(8 * window.ms, 2 * HOUR_MS)
  const to = Math.min(now, (endsAt ?? now) + Math.max(2 * window.ms, 30 * MINUTE_MS))
  const between = POINTS - 2
  const even = Array.from({ length: between }, (_, index) => from + ((to - from) * index) / (between - 1))
  return [...new Set([...even, startsAt, Math.min(endsAt ?? now, now)].map(Math.round))].toSorted((a, b) => a - b)
}

/** The rule's values and thresholds for the alert's member over time. */
export async function readCourse(
  alert: AlertTimes,
  { read, spanOf, now }: { read: Read; spanOf: SpanOf; now: number },
): Promise<AlertCourse['points']> {
  const points: AlertCourse['points'][number][] = []
  for (const at of observedTimes(alert, now, spanOf)) {
    const { observations, span } = await observe(alert.rule, at, read, spanOf)
    const found = observations.find(({ member }) => member === alert.member)
    const [time, from, to] = [at, span.from, span.to].map(one => iso(one)) as [string, string, string]
    points.push({ at: time, from, to, value: found?.value ?? null, sample: found?.sample ?? 0, threshold: found?.threshold ?? null })
  }
  return points
}

/**
 * The window in which the alert began, and the time before it. Counts are compared over equal lengths; other values of a short window are
 * compared with the day before it, since a window as short has too few events.
 */
export function comparedSpans(
  { rule, startsAt }: AlertTimes,
  isCount: boolean,
  spanOf: SpanOf,
): { readonly before: Span; readonly after: Span } {
  const after = spanAt(rule.window, startsAt, spanOf)
  const before = previousSpan(rule.window, after, spanOf)
  if (rule.window.kind === 'period') {
    // A period in progress is compared with the same part of the previous one.
    const passed = Math.min(after.to, startsAt) - after.from
    const whole = startsAt >= after.to || passed <= 0
    return whole ? { before, after } : { before: { ...before, to: before.from + passed }, after: { ...after, to: after.from + passed } }
  }
  if (isCount) return { before, after }
  return { before: { from: Math.min(before.from, after.from - DAY_MS), to: after.from }, after }
}
