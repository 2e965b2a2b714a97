import { iso } from '@northstar/catalogue'
import type { Backtest } from './backtest.ts'

/** A backtest in the API's form: times in RFC 3339, snake case, durations in seconds. */
export type BacktestAnswer = ReturnType<typeof backtestAnswer>

export function backtestAnswer({ from, to, stepMs, rules, notifications }: Backtest) {
  return {
    from: iso(from),
    to: iso(to),
    step_seconds: stepMs / 1_000,
    rules: rules.map(rule => ({
      rule: rule.rule,
      severity: rule.severity,
      fired: rule.fired,
      /** Number of times that the condition held, but not for long enough. */
      lapsed: rule.lapsed,
      firing_seconds: rule.firingMs / 1_000,
      share: rule.share,
      longest_seconds: rule.longestMs / 1_000,
      per_week: rule.perWeek,
      episodes: rule.episodes.map(one => ({
        labels: one.labels,
        member: one.member,
        from: iso(one.from),
        to: one.to === null ? null : iso(one.to),
        seconds: ((one.to ?? to) - one.from) / 1_000,
        worst: one.worst,
        threshold: one.threshold,
      })),
    })),
    /** Messages by receiver. */
    notifications,
  }
}
