import {
  type Alert,
  type AlertRule,
  cannotUnfire,
  type Labels,
  latenessFor,
  type MemberState,
  observe,
  type Read,
  type SpanOf,
  toAlert,
  type ValueUnit,
} from '@northstar/alerting'
import { trendOf } from '@northstar/metrics'
import type { HistoryRow, RuleDocument } from './documents.ts'
import { createDueRules, type LiveCodes } from './due-rules.ts'
import { createRemovedRules } from './removed-rules.ts'
import { applyObservations, loadEntry, newEntry, type RuleEntry, removeStoredRow, takeUnsaved } from './rule-entry.ts'
import { watchOf } from './schedule.ts'
import { createSharedRead } from './shared-read.ts'

/** The part of a metric that the engine needs. */
export interface RuleMetric {
  readonly kind: string
  readonly unit: ValueUnit
}

export interface EvaluationsDeps {
  readonly rules: readonly AlertRule[]
  readonly metrics: ReadonlyMap<string, RuleMetric>
  readonly read: Read
  readonly spanOf: SpanOf
  readonly labels: Labels
  readonly liveCodes?: LiveCodes
  /** How late the events of the rule's metric arrive, ms. */
  readonly latenessMs: (rule: AlertRule) => number
  readonly now: () => number
  readonly onFailure: (rule: AlertRule, error: unknown) => void
  /** Called with the duration of an evaluation, ms. */
  readonly onEvaluated?: (ms: number) => void
  /** Called after an evaluation: there may be something to write and to notify. */
  readonly onObserved: () => void
}

export interface Evaluations {
  /** Loads the stored states. Returns the documents of removed rules to write: their alerts end. */
  load(documents: ReadonlyMap<string, RuleDocument>): ReadonlyMap<string, RuleDocument>
  /** Removed rules whose history is stored: their documents may be deleted. */
  takeDone(): readonly string[]
  /** Call when counters of these aggregates changed; null: any may have. */
  moved(codes: ReadonlySet<string> | null): void
  /** Starts the evaluation of every due rule. Returns when the next one is due without counter changes, epoch ms. */
  start(): number
  firing(): readonly Alert[]
  ended(): readonly Alert[]
  /** Whether any alert began or ended since the last call. */
  takeChanged(): boolean
  /** The documents that must be written now, by rule. */
  unsaved(): ReadonlyMap<string, RuleDocument>
  /** Rows that have yet to be stored in the warehouse's history. */
  history(): readonly HistoryRow[]
  historyStored(row: HistoryRow): void
}

/** Keeps the rules' states in memory, evaluates the due rules, and tracks unsaved changes. */
export function createEvaluations(deps: EvaluationsDeps): Evaluations {
  // Critical rules are evaluated first.
  const ordered = deps.rules.toSorted((a, b) => a.severity.localeCompare(b.severity))
  const byName = new Map<string, RuleEntry>(ordered.map(rule => [rule.name, newEntry(rule)]))
  const entries = [...byName.values()]
  const due = createDueRules(entries, deps)
  const removed = createRemovedRules(deps.now)
  const sharedRead = createSharedRead(deps.read)
  const alerts = createAlertList(deps.metrics)
  let changed = true

  async function run(entry: RuleEntry, read: Read): Promise<void> {
    const { rule } = entry
    const startedAt = deps.now()
    entry.reading = true
    try {
      const lateness = deps.latenessMs(rule)
      const { observations, source } = await observe(rule, startedAt, read, deps.spanOf, lateness)
      const trend = trendOf(deps.metrics.get(rule.metric))
      const latenessMs = latenessFor(rule, trend, lateness)
      const options = { labels: deps.labels, latenessMs, cannotUnfire: cannotUnfire(rule, trend) }
      if (applyObservations(entry, observations, startedAt, options)) changed = true
      entry.watch = watchOf(rule, { startedAt, took: deps.now() - startedAt }, source, observations, entry.state, latenessMs)
    } catch (error) {
      // A failed query keeps the state; it is repeated by the clock.
      deps.onFailure(rule, error)
      entry.watch = { startedAt, took: 0, source: 'warehouse', quiet: false, wakeAt: null }
    } finally {
      entry.reading = false
      deps.onEvaluated?.(deps.now() - startedAt)
      due.evaluated(entry)
      deps.onObserved()
    }
  }

  return {
    load(documents) {
      for (const [name, entry] of byName) loadEntry(entry, documents.get(name))
      due.reset()
      changed = true
      return removed.load(new Map([...documents].filter(([name]) => !byName.has(name))))
    },
    takeDone: removed.takeDone,
    moved: due.moved,
    start() {
      const read = sharedRead()
      for (const entry of due.take()) void run(entry, read)
      return due.nextAt
    },
    firing: () => alerts(entries, 'firing'),
    ended: () => alerts(entries, 'resolved'),
    takeChanged() {
      const wasChanged = changed
      changed = false
      return wasChanged
    },
    unsaved() {
      const now = deps.now()
      const documents = new Map<string, RuleDocument>()
      for (const entry of entries) {
        const document = takeUnsaved(entry, now)
        if (document) documents.set(entry.rule.name, document)
      }
      return documents
    },
    history: () => [...removed.history(), ...entries.filter(entry => entry.unsaved === 'no').flatMap(entry => entry.history)],
    historyStored(row) {
      removed.historyStored(row)
      const entry = byName.get(row.rule)
      if (entry) removeStoredRow(entry, row)
    },
  }
}

/** Converts members to alerts. Members are immutable, so each is converted once. */
function createAlertList(metrics: EvaluationsDeps['metrics']) {
  const alertOf = new WeakMap<MemberState, Alert>()
  return (entries: readonly RuleEntry[], phase: 'firing' | 'resolved'): readonly Alert[] => {
    const found: Alert[] = []
    for (const { rule, state } of entries) {
      for (const member of Object.values(state.members)) {
        if (member.phase !== phase) continue
        const alert = alertOf.get(member) ?? toAlert(rule, member, metrics.get(rule.metric)?.unit)
        alertOf.set(member, alert)
        found.push(alert)
      }
    }
    return found
  }
}
