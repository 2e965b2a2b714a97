import { DAY_MS } from '@northstar/catalogue'
import type { AlertRule } from './alert-rule.ts'
import { fingerprint, type Labels } from './labels.ts'
import type { MemberState, Observation, RuleState, Transition } from './rule-state.ts'

export interface EvaluateOptions {
  /** Labels that every alert of the product has. */
  readonly labels?: Labels
  /** Whether the condition stays true once it holds (a count of the current period above its limit): then `for` is skipped. */
  readonly cannotUnfire?: boolean
  /** How long the condition must hold since late events may still change it, ms: see {@link latenessFor}. */
  readonly latenessMs?: number
  /** False where time may have gone back: what fires goes on firing. Default true. */
  readonly mayEnd?: boolean
}

export interface Evaluation {
  readonly state: RuleState
  readonly transitions: readonly Transition[]
}

const NO_DATA = 'no_data'
/** How long a resolved alert is kept in the state. */
const RESOLVED_KEPT_MS = DAY_MS

type Verdict = 'holds' | 'clear' | 'unknown'

function verdict(rule: AlertRule, { value, sample, threshold }: Observation, firing: boolean): Verdict {
  if (value === null || threshold === null || sample < rule.minSample) return 'unknown'
  const limit = firing && rule.recovery !== undefined ? rule.recovery : threshold
  const holds = rule.condition.direction === 'above' ? value > limit : value < limit
  return holds ? 'holds' : 'clear'
}

/** The labels of the alert for one member. */
export function labelsOf(rule: AlertRule, member: string | null, common: Labels = {}): Labels {
  return {
    ...common,
    ...rule.labels,
    ...(rule.by !== undefined && member !== null && { [rule.by]: member }),
    alertname: rule.name,
    severity: rule.severity,
  }
}

/** An alert's labels with their fingerprint. */
interface LabelSet {
  readonly labels: Labels
  readonly key: string
}

/** Fingerprints cost more than the rest of an evaluation, so they are cached as long as the rule exists. */
const labelSets = new WeakMap<AlertRule, { readonly common: Labels | undefined; readonly byMember: Map<string, LabelSet> }>()
const MAX_CACHED = 10_000

function labelSet(rule: AlertRule, member: string | null, common: Labels | undefined, noData: boolean): LabelSet {
  let known = labelSets.get(rule)
  if (!known || known.common !== common || known.byMember.size > MAX_CACHED) {
    known = { common, byMember: new Map() }
    labelSets.set(rule, known)
  }
  const key = `${noData ? '!' : ''}${member === null ? '' : `=${member}`}`
  let found = known.byMember.get(key)
  if (!found) {
    const own = labelsOf(rule, member, common)
    const labels = noData ? { ...own, [NO_DATA]: 'true' } : own
    found = { labels, key: fingerprint(labels) }
    known.byMember.set(key, found)
  }
  return found
}

/**
 * The next state of a rule's alerts. A pure function, shared by live evaluation, rule tests and backtests. Known members that are not observed
 * have no data. Returns the same state object if nothing changed.
 */
export function evaluate(
  rule: AlertRule,
  observations: readonly Observation[],
  now: number,
  state: RuleState,
  options: EvaluateOptions = {},
): Evaluation {
  const members = new Map(Object.entries(state.members))
  const transitions: Transition[] = []
  const observed = new Set<string>()
  const waitMs = options.cannotUnfire ? 0 : Math.max(rule.for, options.latenessMs ?? 0)

  const settle = (of: LabelSet, observation: Observation, judge: (before: MemberState | undefined) => Verdict, noData: boolean) => {
    const { labels, key } = of
    observed.add(key)
    const before = members.get(key)
    const found = judge(before)
    const identity = { labels, fingerprint: key, member: observation.member }
    const meets = noData || verdict(rule, observation, false) === 'holds'
    const clock = { now, waitMs, keepMs: rule.keepFiringFor, mayEnd: options.mayEnd ?? true }
    const after = step(before, found, { ...observation, noData, meets }, identity, clock)
    if (after === before || after === undefined) return
    if (after === null) members.delete(key)
    else members.set(key, after)
    const to = transitionOf(before, after)
    const alert = after ?? before
    if (to && alert) transitions.push({ to, at: now, alert })
  }

  const observe = (observation: Observation) => {
    const own = labelSet(rule, observation.member, options.labels, false)
    let unknown = false
    settle(
      own,
      observation,
      before => {
        const found = verdict(rule, observation, before?.phase === 'firing')
        unknown = found === 'unknown'
        if (!unknown) return found
        if (rule.noData === 'ok') return 'clear'
        return rule.noData === 'alerting' ? 'holds' : 'unknown'
      },
      rule.noData === 'alerting' && observation.value === null,
    )
    if (rule.noData === NO_DATA)
      settle(
        labelSet(rule, observation.member, options.labels, true),
        { ...observation, value: null },
        () => (unknown ? 'holds' : 'clear'),
        true,
      )
  }

  for (const observation of observations) observe(observation)
  for (const [key, member] of Object.entries(state.members)) {
    if (observed.has(key) || member.phase === 'resolved') continue
    const figures = { member: member.member, value: null, sample: 0, threshold: member.threshold }
    // An alert about no data of the whole breakdown ends when any member is observed.
    if (member.noData && member.member === null && observations.length > 0)
      settle({ labels: member.labels, key }, figures, () => 'clear', true)
    else if (member.labels[NO_DATA] !== 'true') observe(figures)
  }
  // Without any member, the rule as a whole has no data.
  if (observed.size === 0 && (rule.noData === NO_DATA || rule.noData === 'alerting'))
    observe({ member: null, value: null, sample: 0, threshold: null })

  let changed = transitions.length > 0
  for (const [key, member] of members) {
    if (member.phase === 'resolved' && member.endsAt !== null && now - member.endsAt > RESOLVED_KEPT_MS) members.delete(key)
  }
  changed ||= members.size !== Object.keys(state.members).length || [...members].some(([key, member]) => state.members[key] !== member)
  return { state: changed ? { members: Object.fromEntries(members) } : state, transitions }
}

interface Clock {
  readonly now: number
  readonly waitMs: number
  readonly keepMs: number
  readonly mayEnd: boolean
}

type Identity = Pick<MemberState, 'labels' | 'fingerprint' | 'member'>
/** `meets`: the figures meet the condition itself, regardless of the recovery threshold. */
type Seen = Observation & { readonly noData: boolean; readonly meets: boolean }

/** One alert's next state: null if there is none, the same object if nothing changed. */
function step(
  before: MemberState | undefined,
  found: Verdict,
  seen: Seen,
  identity: Identity,
  clock: Clock,
): MemberState | null | undefined {
  const { now } = clock
  const figures = figuresOf(seen, before)
  if (!before || before.phase === 'resolved') {
    if (found !== 'holds') return before
    const begun: MemberState = { ...identity, ...figures, phase: 'pending', activeAt: now, firedAt: null, clearedAt: null, endsAt: null }
    return clock.waitMs === 0 ? { ...begun, phase: 'firing', firedAt: now } : begun
  }
  if (found === 'unknown') return before
  if (before.phase === 'pending') {
    if (found === 'clear') return null
    // It began by a clock that was ahead.
    if (before.activeAt > now) return { ...before, ...figures, activeAt: now }
    if (now - before.activeAt >= clock.waitMs) return { ...before, ...figures, phase: 'firing', firedAt: now }
    return withFigures(before, figures)
  }
  if (found === 'holds') return withFigures(before.clearedAt === null ? before : { ...before, clearedAt: null }, figures)
  if (!clock.mayEnd) return before
  const clearedAt = Math.min(before.clearedAt ?? now, now)
  if (now - clearedAt >= clock.keepMs)
    return { ...before, ...figures, phase: 'resolved', clearedAt, endsAt: Math.max(now, before.activeAt) }
  return withFigures(before.clearedAt === null ? { ...before, clearedAt } : before, figures)
}

type Figures = Pick<MemberState, 'value' | 'threshold' | 'sample' | 'noData' | 'held'>

function figuresOf({ value, threshold, sample, noData, meets }: Seen, before: MemberState | undefined): Figures {
  const held = meets || !before || before.phase === 'resolved' ? undefined : (before.held ?? heldOf(before))
  return { value, threshold, sample, noData, held }
}

const heldOf = ({ value, threshold, sample }: MemberState) => ({ value, threshold, sample })

function withFigures(member: MemberState, figures: Figures): MemberState {
  const same =
    member.value === figures.value &&
    member.threshold === figures.threshold &&
    member.sample === figures.sample &&
    member.noData === figures.noData &&
    (member.held === undefined) === (figures.held === undefined)
  return same ? member : { ...member, ...figures }
}

function transitionOf(before: MemberState | undefined, after: MemberState | null | undefined): Transition['to'] | null {
  const from = before?.phase ?? null
  if (!after) return from === 'pending' ? 'cleared' : null
  return after.phase === from ? null : after.phase
}

/** Drops pending alerts after a gap in evaluation, so that their wait restarts: the condition may have ended in the gap. */
export function dropPendingAfterGap(state: RuleState, evaluatedUntil: number, now: number, toleranceMs: number): RuleState {
  if (now - evaluatedUntil <= toleranceMs) return state
  const kept = Object.entries(state.members).filter(([, member]) => member.phase !== 'pending')
  return { members: Object.fromEntries(kept) }
}
