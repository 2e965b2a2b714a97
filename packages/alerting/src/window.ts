import { HOUR_MS, type Period } from '@northstar/catalogue'
import type { KindTraits } from '@northstar/metrics'
import type { AlertRule, RuleWindow } from './alert-rule.ts'

/** A span of event time, epoch milliseconds; `to` is exclusive. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** The product's calendar: the period that contains a time. */
export type SpanOf = (period: Exclude<Period, 'total'>, at: number) => Span

const TEN_SECONDS = 10_000
const MINUTE = 60_000

/**
 * The span that a rule reads at `now`. Rolling windows end at the next multiple of ten seconds and begin at a boundary of the live buckets that
 * are kept at their age. A period is complete only once its late events have arrived.
 */
export function spanAt(window: RuleWindow, now: number, spanOf: SpanOf, latenessMs = 0): Span {
  if (window.kind === 'duration') {
    const to = Math.ceil(now / TEN_SECONDS) * TEN_SECONDS
    const grain = window.ms <= 1.5 * HOUR_MS ? TEN_SECONDS : window.ms <= 47 * HOUR_MS ? MINUTE : HOUR_MS
    return { from: Math.floor((to - window.ms) / grain) * grain, to }
  }
  if (window.which === 'current') return spanOf(window.period, now)
  return spanBefore(window.period, spanOf(window.period, now - latenessMs), spanOf)
}

export function spanBefore(period: Exclude<Period, 'total'>, span: Span, spanOf: SpanOf): Span {
  return spanOf(period, span.from - 1)
}

/** The previous span of the same length, which a rule compares with. */
export function previousSpan(window: RuleWindow, span: Span, spanOf: SpanOf): Span {
  if (window.kind === 'duration') return { from: span.from - (span.to - span.from), to: span.from }
  return spanBefore(window.period, span, spanOf)
}

/** The trait of a metric kind about the effect of further events on its value. */
export type Trend = KindTraits['trend']

/** Whether a condition that holds now will hold until the end of its window: a count of the current period above its limit. */
export function cannotUnfire(rule: AlertRule, trend: Trend): boolean {
  return rule.condition.direction === 'above' && rule.window.kind === 'period' && rule.window.which === 'current' && trend === 'rises'
}

/**
 * How long a condition must hold before late events can no longer change it, ms. Late events only increase a count that is above its limit, a
 * value with the trend `stands` does not depend on them, and a complete period is read only after they have arrived.
 */
export function latenessFor(rule: AlertRule, trend: Trend, latenessMs: number): number {
  if (rule.window.kind === 'period' && rule.window.which === 'last_complete') return 0
  if (trend === 'stands') return 0
  return trend === 'rises' && rule.condition.direction === 'above' ? 0 : latenessMs
}
