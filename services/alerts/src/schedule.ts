import type { AlertRule, Observation, RuleState } from '@northstar/alerting'

/** A rule's last evaluation, which determines the time of the next one. */
export interface Watch {
  readonly startedAt: number
  /** Ms. */
  readonly took: number
  readonly source: 'live' | 'warehouse'
  /** Nothing was measured and nothing is pending or firing, so without new events the result stays the same. */
  readonly quiet: boolean
  /** When an alert's `for` or `keep_firing_for` ends; null when none runs. */
  readonly wakeAt: number | null
}

/**
 * While its counters move, a rule pauses for a multiple of its last evaluation's duration, within limits, so that rules of many members
 * take a small share of the time.
 */
const LIVE_GAP_MS = 20
const MAX_LIVE_GAP_MS = 100
const LIVE_GAP_TIMES = 4
/** A rule with `for` is evaluated a hundred times within it, at least every second. The evaluation at its end is not delayed. */
const EVALUATIONS_WITHIN_FOR = 100
const MAX_HELD_GAP_MS = 1_000
const LIVE_CLOCK_MS = 10_000
/** Events reach the warehouse after the counters, so rules that read it are evaluated at this interval for some time after a change. */
const WAREHOUSE_GAP_MS = 700
const WAREHOUSE_BEHIND_MS = 15_000
const WAREHOUSE_CLOCK_MS = 30_000
/** For closed periods, which change only by late events. */
const CLOSED_GAP_MS = 30_000
const CLOSED_CLOCK_MS = 60_000

/**
 * When to evaluate the rule.
 * @param movedAt when a counter that it reads last changed
 */
export function dueAt(rule: AlertRule, watch: Watch | undefined, movedAt: number): number {
  if (!watch) return Number.NEGATIVE_INFINITY
  const moved = watch.source === 'live' ? movedAt >= watch.startedAt : movedAt + WAREHOUSE_BEHIND_MS >= watch.startedAt
  const byClock = clockDueAt(rule, watch)
  return moved ? Math.min(byClock, watch.startedAt + Math.max(gapOf(rule, watch), heldGapOf(rule))) : byClock
}

/** When the rule is due without events. */
function clockDueAt(rule: AlertRule, watch: Watch): number {
  const live = watch.source === 'live'
  const every = rule.interval ?? (isClosed(rule) ? CLOSED_CLOCK_MS : live ? LIVE_CLOCK_MS : WAREHOUSE_CLOCK_MS)
  const clock = live && watch.quiet ? Number.POSITIVE_INFINITY : watch.startedAt + every
  return Math.max(watch.startedAt + gapOf(rule, watch), Math.min(clock, watch.wakeAt ?? clock))
}

const isClosed = (rule: AlertRule) => rule.window.kind === 'period' && rule.window.which === 'last_complete'

function gapOf(rule: AlertRule, watch: Watch): number {
  if (isClosed(rule)) return CLOSED_GAP_MS
  if (watch.source === 'warehouse') return WAREHOUSE_GAP_MS
  return Math.min(MAX_LIVE_GAP_MS, Math.max(LIVE_GAP_MS, LIVE_GAP_TIMES * watch.took))
}

const heldGapOf = (rule: AlertRule) => Math.min(MAX_HELD_GAP_MS, rule.for / EVALUATIONS_WITHIN_FOR)

export function watchOf(
  rule: AlertRule,
  { startedAt, took }: Pick<Watch, 'startedAt' | 'took'>,
  source: 'live' | 'warehouse',
  observations: readonly Observation[],
  state: RuleState,
  latenessMs = 0,
): Watch {
  let wakeAt: number | null = null
  let isActive = rule.noData === 'alerting' || rule.noData === 'no_data'
  for (const member of Object.values(state.members)) {
    if (member.phase === 'resolved') continue
    isActive = true
    const ends =
      member.phase === 'pending'
        ? member.activeAt + Math.max(rule.for, latenessMs)
        : member.clearedAt === null
          ? null
          : member.clearedAt + rule.keepFiringFor
    // An end without effect, for lack of data, is not waited for again.
    if (ends !== null && ends > startedAt) wakeAt = Math.min(wakeAt ?? ends, ends)
  }
  const empty = observations.every(({ sample, value }) => sample === 0 && !value)
  return { startedAt, took, source, quiet: !isActive && empty && rule.condition.direction === 'above', wakeAt }
}
