import type { Severity } from './alert-rule.ts'
import type { Labels } from './labels.ts'
import type { Read } from './observe.ts'
import { type Simulation, type SimulationSpan, simulate } from './simulate.ts'

/** One period in which an alert would have fired. Times are epoch ms. */
export interface Episode {
  readonly rule: string
  readonly labels: Labels
  /** The breakdown's value; null for the whole. */
  readonly member: string | null
  readonly from: number
  /** Null if it would still fire at the end of the span. */
  readonly to: number | null
  /** The value farthest past the threshold while it fired. */
  readonly worst: number | null
  readonly threshold: number | null
}

export interface RuleBacktest {
  readonly rule: string
  readonly severity: Severity
  readonly fired: number
  /** Number of times that the condition held for less than `for`. */
  readonly lapsed: number
  readonly firingMs: number
  /** The fraction of the span in which an alert fired. */
  readonly share: number
  readonly longestMs: number
  readonly perWeek: number
  readonly episodes: readonly Episode[]
}

export interface Backtest extends SimulationSpan {
  readonly rules: readonly RuleBacktest[]
  /** Number of messages that each receiver would have been sent. */
  readonly notifications: Readonly<Record<string, number>>
}

const WEEK = 604_800_000

/**
 * Evaluates rules over history. Stored events are treated as known at their own time, so late events count from the beginning.
 * @param onStep called with the progress, from 0 to 1
 */
export async function backtest(given: Simulation, span: SimulationSpan, read: Read, onStep?: (done: number) => void): Promise<Backtest> {
  const open = new Map<string, { -readonly [K in keyof Episode]: Episode[K] }>()
  const episodes: Episode[] = []
  const lapsed = new Map<string, number>()
  const notifications: Record<string, number> = {}
  for await (const step of simulate(given, span, read)) {
    for (const { rule, transition } of step.transitions) {
      const { alert, to } = transition
      const { value, threshold, labels, fingerprint } = alert
      if (to === 'firing') {
        const episode = { rule: rule.name, labels, member: alert.member, from: step.at, to: null, worst: value, threshold }
        open.set(fingerprint, episode)
        episodes.push(episode)
      } else if (to === 'resolved') {
        const episode = open.get(fingerprint)
        if (episode) episode.to = step.at
        open.delete(fingerprint)
      } else if (to === 'cleared') lapsed.set(rule.name, (lapsed.get(rule.name) ?? 0) + 1)
    }
    for (const rule of given.rules)
      for (const member of Object.values(step.states.get(rule.name)?.members ?? {})) {
        const episode = open.get(member.fingerprint)
        if (!episode || member.value === null) continue
        const pick = rule.condition.direction === 'above' ? Math.max : Math.min
        episode.worst = pick(episode.worst ?? member.value, member.value)
      }
    for (const { receiver } of step.notifications) notifications[receiver] = (notifications[receiver] ?? 0) + 1
    onStep?.(Math.min(1, (step.at - span.from) / Math.max(1, span.to - span.from)))
  }
  const spanMs = Math.max(span.stepMs, span.to - span.from)
  const rules = given.rules.map(({ name, severity }): RuleBacktest => {
    const own = episodes.filter(episode => episode.rule === name)
    const lengths = own.map(episode => (episode.to ?? span.to) - episode.from)
    const firingMs = lengths.reduce((sum, length) => sum + length, 0)
    return {
      rule: name,
      severity,
      fired: own.length,
      lapsed: lapsed.get(name) ?? 0,
      firingMs,
      share: Math.min(1, firingMs / spanMs),
      longestMs: Math.max(0, ...lengths),
      perWeek: (own.length * WEEK) / spanMs,
      episodes: own,
    }
  })
  return { ...span, rules, notifications }
}
