import {
  type AlertRule,
  dropPendingAfterGap,
  type EvaluateOptions,
  evaluate,
  NO_STATE,
  type Observation,
  type RuleState,
} from '@northstar/alerting'
import { HOUR_MS } from '@northstar/catalogue'
import { type HistoryRow, historyRow, type RuleDocument } from './documents.ts'
import type { Watch } from './schedule.ts'

/** A rule with its state in memory. */
export interface RuleEntry {
  readonly rule: AlertRule
  /** When a counter that the rule reads last changed. */
  movedAt: number
  state: RuleState
  watchedUntil: number
  /** Rows that have yet to be stored in the warehouse's history. */
  history: readonly HistoryRow[]
  watch: Watch | undefined
  /** Whether an evaluation is running. */
  reading: boolean
  /** Whether to write the entry: `soon` for new figures, `now` for a change of state. */
  unsaved: 'no' | 'soon' | 'now'
  savedAt: number
}

/** Minimum time between two writes of figures. */
const FIGURES_EVERY_MS = 5_000
/** A clock that was set back by less than this may be wrong, so alerts do not end meanwhile; a larger step is a correction. */
const MAX_SETBACK_MS = 48 * HOUR_MS
/** A pending alert without an evaluation for this time starts its wait again. */
const MAX_GAP_MS = 300_000

export function newEntry(rule: AlertRule): RuleEntry {
  return {
    rule,
    movedAt: 0,
    state: NO_STATE,
    watchedUntil: 0,
    history: [],
    watch: undefined,
    reading: false,
    unsaved: 'no',
    savedAt: 0,
  }
}

/** Replaces the entry's state by the stored one; without a document by an empty one. */
export function loadEntry(entry: RuleEntry, document: RuleDocument | undefined): void {
  const { state, watchedUntil, history } = document ?? newEntry(entry.rule)
  Object.assign(entry, { state, watchedUntil, history, watch: undefined, unsaved: 'no' })
}

/** Evaluates the rule at `at` and updates the entry. Returns whether the new state must be written at once. */
export function applyObservations(entry: RuleEntry, observations: readonly Observation[], at: number, options: EvaluateOptions): boolean {
  const { rule } = entry
  const before = dropPendingAfterGap(entry.state, entry.watchedUntil, at, Math.max(MAX_GAP_MS, 3 * (rule.interval ?? 0)))
  // The clock was set back since the last evaluation; events that alerts depend on may have later timestamps.
  const isBack = at < entry.watchedUntil && entry.watchedUntil - at < MAX_SETBACK_MS
  const { state, transitions } = evaluate(rule, observations, at, before, { ...options, mayEnd: !isBack })
  const rows = transitions.map(transition => historyRow(rule, transition)).filter(row => row !== null)
  const isChanged = transitions.length > 0 || hasNewTimes(entry.state, state)
  if (isChanged) entry.unsaved = 'now'
  else if (entry.unsaved === 'no' && (state !== entry.state || hasPending(state))) entry.unsaved = 'soon'
  if (rows.length > 0) entry.history = [...entry.history, ...rows]
  if (!isBack) entry.watchedUntil = at
  entry.state = state
  return isChanged
}

/** Returns the entry's document if it must be written now, and marks it as written. */
export function takeUnsaved(entry: RuleEntry, now: number): RuleDocument | null {
  if (entry.unsaved === 'no' || (entry.unsaved === 'soon' && now - entry.savedAt < FIGURES_EVERY_MS)) return null
  entry.unsaved = 'no'
  entry.savedAt = now
  const { state, watchedUntil, history } = entry
  return { state, watchedUntil, history }
}

/** Removes a row that is stored in the warehouse's history. */
export function removeStoredRow(entry: RuleEntry, row: HistoryRow): void {
  if (!entry.history.includes(row)) return
  entry.history = entry.history.filter(other => other !== row)
  if (entry.unsaved === 'no') entry.unsaved = 'soon'
}

const hasPending = (state: RuleState) => Object.values(state.members).some(member => member.phase === 'pending')

/** Whether members or times changed that must survive a restart. */
function hasNewTimes(before: RuleState, after: RuleState): boolean {
  if (before === after) return false
  const known = Object.values(after.members)
  return (
    known.length !== Object.keys(before.members).length ||
    known.some(member => before.members[member.fingerprint]?.clearedAt !== member.clearedAt)
  )
}
