import {
  type Alert,
  type AlertRule,
  cannotUnfire,
  evaluate,
  forgetUnwatched,
  type Labels,
  latenessFor,
  type MemberState,
  NO_STATE,
  type Observation,
  observe,
  type Read,
  type RuleState,
  type SpanOf,
  toAlert,
  type ValueUnit,
} from '@northstar/alerting'
import { trendOf } from '@northstar/metrics'
import { type HistoryRow, historyRow, type RuleDocument, rowOf } from './documents.ts'
import { dueAt, type Watch, watchOf } from './schedule.ts'
import { createSharedRead } from './shared-read.ts'

/** What the engine needs to know of a metric. */
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
  /** The codes of the live aggregates that a metric's values are made of; null where any event may change them. */
  readonly liveCodes?: (metric: string) => ReadonlySet<string> | null
  /** How late the events of the rule's metric come, ms. */
  readonly latenessMs: (rule: AlertRule) => number
  readonly now: () => number
  readonly onFailure: (rule: AlertRule, error: unknown) => void
  /** A rule was evaluated, which took so long, ms. */
  readonly onEvaluated?: (ms: number) => void
  /** An observation came in: there may be something to write and to notify. */
  readonly onObserved: () => void
}

interface RuleEntry {
  readonly rule: AlertRule
  /** When a counter that it reads last moved. */
  movedAt: number
  state: RuleState
  watchedUntil: number
  history: readonly HistoryRow[]
  watch: Watch | undefined
  reading: boolean
  /** Differs from what the store has: `soon` for figures alone, `now` for a change of state. */
  unsaved: 'no' | 'soon' | 'now'
  savedAt: number
}

/** Figures alone are written no oftener than this. */
const FIGURES_EVERY_MS = 5_000
/** A pending alert that nobody watched for so long begins its wait anew. */
const UNWATCHED_MS = 300_000
/** All rules are gone through at least this often, in case that the clock was set back. */
const SCAN_MS = 10_000
/** Stands for the aggregates of a metric that has none. */
const ANY = ''

export interface Evaluations {
  /**
   * Takes over what the store has. Gives the documents of rules that are no more, as they are to be written: their alerts end here.
   */
  load(documents: ReadonlyMap<string, RuleDocument>): ReadonlyMap<string, RuleDocument>
  /** Removed rules whose history is stored: their documents may be deleted. */
  takeDone(): readonly string[]
  /** Counters of these aggregates moved; null where any may have. */
  moved(codes: ReadonlySet<string> | null): void
  /** Starts the evaluation of every rule that is due. Returns when the next one falls due if nothing moves, epoch ms. */
  start(): number
  firing(): readonly Alert[]
  ended(): readonly Alert[]
  /** Whether any alert began or ended since it was last asked. */
  takeChanged(): boolean
  /** The documents that must be written now, by rule. */
  unsaved(): ReadonlyMap<string, RuleDocument>
  /** Rows that the warehouse's history has still to hear and that the store already holds. */
  history(): readonly HistoryRow[]
  historyStored(row: HistoryRow): void
}

/** Keeps the rules' states in memory, evaluates those that are due, and says what to write. */
export function createEvaluations(deps: EvaluationsDeps): Evaluations {
  // The gravest first: they ask first.
  const ordered = deps.rules.toSorted((a, b) => a.severity.localeCompare(b.severity))
  const entries = new Map<string, RuleEntry>(ordered.map(rule => [rule.name, newEntry(rule)]))
  const readers = readersByCode(entries.values(), deps.liveCodes)
  const sharedRead = createSharedRead(deps.read)
  /** The history rows of removed rules that are not stored yet. */
  const retired = new Map<string, readonly HistoryRow[]>()
  let changed = true
  let scannedAt = Number.NEGATIVE_INFINITY
  let nextDueAt = Number.NEGATIVE_INFINITY

  const trend = (rule: AlertRule) => trendOf(deps.metrics.get(rule.metric))
  const waitFor = (rule: AlertRule) => latenessFor(rule, trend(rule), deps.latenessMs(rule))

  async function run(entry: RuleEntry, read: Read): Promise<void> {
    const { rule } = entry
    const startedAt = deps.now()
    entry.reading = true
    try {
      const observed = await observe(rule, startedAt, read, deps.spanOf, deps.latenessMs(rule))
      apply(entry, observed.observations, startedAt)
      entry.watch = watchOf(
        rule,
        { startedAt, took: deps.now() - startedAt },
        observed.source,
        observed.observations,
        entry.state,
        waitFor(rule),
      )
    } catch (error) {
      // That a question failed says nothing of the metric: the state stays, and the clock asks again.
      deps.onFailure(rule, error)
      entry.watch = { startedAt, took: 0, source: 'warehouse', quiet: false, wakeAt: null }
    } finally {
      entry.reading = false
      deps.onEvaluated?.(deps.now() - startedAt)
      nextDueAt = Math.min(nextDueAt, dueAt(rule, entry.watch, entry.movedAt))
      deps.onObserved()
    }
  }

  function apply(entry: RuleEntry, observations: readonly Observation[], at: number): void {
    const { rule } = entry
    const before = forgetUnwatched(entry.state, entry.watchedUntil, at, Math.max(UNWATCHED_MS, 3 * (rule.interval ?? 0)))
    const { state, transitions } = evaluate(rule, observations, at, before, {
      labels: deps.labels,
      latenessMs: waitFor(rule),
      cannotUnfire: cannotUnfire(rule, trend(rule)),
    })
    entry.watchedUntil = at
    const rows = transitions.map(transition => historyRow(rule, transition)).filter(row => row !== null)
    if (rows.length > 0) entry.history = [...entry.history, ...rows]
    if (transitions.length > 0 || isSteering(entry.state, state)) {
      entry.unsaved = 'now'
      changed = true
    } else if (state !== entry.state || hasPending(state)) {
      if (entry.unsaved === 'no') entry.unsaved = 'soon'
    }
    entry.state = state
  }

  /** Members do not change, so that the texts of each are filled in once. */
  const alertOf = new WeakMap<MemberState, Alert>()

  function alerts(phase: 'firing' | 'resolved'): Alert[] {
    const found: Alert[] = []
    for (const { rule, state } of entries.values()) {
      for (const member of Object.values(state.members)) {
        if (member.phase !== phase) continue
        const alert = alertOf.get(member) ?? toAlert(rule, member, deps.metrics.get(rule.metric)?.unit)
        alertOf.set(member, alert)
        found.push(alert)
      }
    }
    return found
  }

  return {
    load(documents) {
      for (const [name, entry] of entries) {
        const { state, watchedUntil, history } = documents.get(name) ?? newEntry(entry.rule)
        Object.assign(entry, { state, watchedUntil, history, watch: undefined, unsaved: 'no' })
      }
      retired.clear()
      for (const [name, document] of documents) if (!entries.has(name)) retired.set(name, retire(name, document, deps.now()))
      nextDueAt = Number.NEGATIVE_INFINITY
      changed = true
      return new Map([...retired].map(([name, history]) => [name, { state: NO_STATE, watchedUntil: 0, history }]))
    },
    takeDone() {
      const done = [...retired].filter(([, history]) => history.length === 0).map(([name]) => name)
      for (const name of done) retired.delete(name)
      return done
    },
    moved(codes) {
      const now = deps.now()
      const move = (entry: RuleEntry) => {
        if (entry.movedAt === now) return
        entry.movedAt = now
        if (!entry.reading) nextDueAt = Math.min(nextDueAt, dueAt(entry.rule, entry.watch, now))
      }
      if (codes === null) for (const entry of entries.values()) move(entry)
      else for (const code of [...codes, ANY]) for (const entry of readers.get(code) ?? []) move(entry)
    },
    start() {
      const now = deps.now()
      // Going through thousands of rules has its price too.
      if (now >= scannedAt && now < nextDueAt) return nextDueAt
      nextDueAt = now + SCAN_MS
      const read = sharedRead()
      for (const entry of entries.values()) {
        if (entry.reading) continue
        // Where the clock was set back, times of before say nothing.
        const due = entry.watch && now < entry.watch.startedAt ? now : dueAt(entry.rule, entry.watch, entry.movedAt)
        if (due <= now) void run(entry, read)
        else nextDueAt = Math.min(nextDueAt, due)
      }
      scannedAt = now
      return nextDueAt
    },
    firing: () => alerts('firing'),
    ended: () => alerts('resolved'),
    takeChanged() {
      const answer = changed
      changed = false
      return answer
    },
    unsaved() {
      const now = deps.now()
      const documents = new Map<string, RuleDocument>()
      for (const entry of entries.values()) {
        if (entry.unsaved === 'no' || (entry.unsaved === 'soon' && now - entry.savedAt < FIGURES_EVERY_MS)) continue
        const { state, watchedUntil, history } = entry
        documents.set(entry.rule.name, { state, watchedUntil, history })
        entry.unsaved = 'no'
        entry.savedAt = now
      }
      return documents
    },
    history: () => [
      ...[...retired.values()].flat(),
      ...[...entries.values()].filter(entry => entry.unsaved === 'no').flatMap(entry => entry.history),
    ],
    historyStored(row) {
      const entry = entries.get(row.rule)
      const left = retired.get(row.rule)
      if (left) {
        retired.set(
          row.rule,
          left.filter(other => other !== row),
        )
      }
      if (!entry?.history.includes(row)) return
      entry.history = entry.history.filter(other => other !== row)
      if (entry.unsaved === 'no') entry.unsaved = 'soon'
    },
  }
}

/** The rows that the history lacks of a rule that is no more; what fired ends now. */
function retire(rule: string, { state, history }: RuleDocument, now: number): readonly HistoryRow[] {
  const ends = Object.values(state.members)
    .filter(member => member.phase === 'firing')
    .map(member => rowOf({ name: rule, severity: member.labels.severity ?? '' }, 'resolved', { ...member, endsAt: now }, now))
  return [...history, ...ends]
}

/** The rules that read each live aggregate, by its code. Those whose metric any event may change are under {@link ANY}. */
function readersByCode(entries: Iterable<RuleEntry>, codesOf: EvaluationsDeps['liveCodes']): ReadonlyMap<string, readonly RuleEntry[]> {
  const readers = new Map<string, RuleEntry[]>()
  for (const entry of entries) {
    for (const code of codesOf?.(entry.rule.metric) ?? [ANY]) readers.set(code, [...(readers.get(code) ?? []), entry])
  }
  return readers
}

function newEntry(rule: AlertRule): RuleEntry {
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
