import {
  type AlertRule,
  type EvaluateOptions,
  evaluate,
  forgetUnwatched,
  NO_STATE,
  type Observation,
  type RuleState,
} from '@northstar/alerting'
import { type HistoryRow, historyRow, type RuleDocument } from './documents.ts'
import type { Watch } from './schedule.ts'

/** A rule with its state, as it lies in memory. */
export interface RuleEntry {
  readonly rule: AlertRule
  /** When a counter that the rule reads last moved. */
  movedAt: number
  state: RuleState
  watchedUntil: number
  /** Rows that the warehouse's history does not have yet. */
  history: readonly HistoryRow[]
  watch: Watch | undefined
  /** Whether an evaluation is running. */
  reading: boolean
  /** Whether the state store lacks something: `soon` for figures alone, `now` for a change of state. */
  unsaved: 'no' | 'soon' | 'now'
  savedAt: number
}

/** Figures alone are written no more often than this. */
const FIGURES_EVERY_MS = 5_000
/** A pending alert that was not evaluated for so long restarts its wait. */
const UNWATCHED_MS = 300_000

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

/** Replaces the entry's state by the stored one; without a document it begins empty. */
export function loadEntry(entry: RuleEntry, document: RuleDocument | undefined): void {
  const { state, watchedUntil, history } = document ?? newEntry(entry.rule)
  Object.assign(entry, { state, watchedUntil, history, watch: undefined, unsaved: 'no' })
}

/** Evaluates the rule at `at` and keeps the result in the entry. Returns whether an alert began, ended, or must be known after a restart. */
export function applyObservations(entry: RuleEntry, observations: readonly Observation[], at: number, options: EvaluateOptions): boolean {
  const { rule } = entry
  const before = forgetUnwatched(entry.state, entry.watchedUntil, at, Math.max(UNWATCHED_MS, 3 * (rule.interval ?? 0)))
  const { state, transitions } = evaluate(rule, observations, at, before, options)
  const rows = transitions.map(transition => historyRow(rule, transition)).filter(row => row !== null)
  const isChanged = transitions.length > 0 || isSteering(entry.state, state)
  if (isChanged) entry.unsaved = 'now'
  else if (entry.unsaved === 'no' && (state !== entry.state || hasPending(state))) entry.unsaved = 'soon'
  if (rows.length > 0) entry.history = [...entry.history, ...rows]
  entry.watchedUntil = at
  entry.state = state
  return isChanged
}

/** The entry's document if it must be written now; it counts as written from then on. */
export function takeUnsaved(entry: RuleEntry, now: number): RuleDocument | null {
  if (entry.unsaved === 'no' || (entry.unsaved === 'soon' && now - entry.savedAt < FIGURES_EVERY_MS)) return null
  entry.unsaved = 'no'
  entry.savedAt = now
  const { state, watchedUntil, history } = entry
  return { state, watchedUntil, history }
}

/** Removes a row that the warehouse's history has. */
export function removeStoredRow(entry: RuleEntry, row: HistoryRow): void {
  if (!entry.history.includes(row)) return
  entry.history = entry.history.filter(other => other !== row)
  if (entry.unsaved === 'no') entry.unsaved = 'soon'
}

const hasPending = (state: RuleState) => Object.values(state.members).some(member => member.phase === 'pending')

/** Whether a time moved that a restart must know. */
function isSteering(before: RuleState, after: RuleState): boolean {
  if (before === after) return false
  const known = Object.values(after.members)
  return (
    known.length !== Object.keys(before.members).length ||
    known.some(member => before.members[member.fingerprint]?.clearedAt !== member.clearedAt)
  )
}
