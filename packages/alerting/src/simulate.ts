import { type Metric, trendOf } from '@northstar/metrics'
import type { Acknowledgement } from './acknowledgements.ts'
import type { AlertRule } from './alert-rule.ts'
import { toAlert } from './alerts.ts'
import { dispatch } from './dispatch.ts'
import { evaluate } from './evaluate.ts'
import type { GroupState } from './groups.ts'
import type { Labels } from './labels.ts'
import type { Notification } from './notification.ts'
import { observe, type Read, type ReadAnswer } from './observe.ts'
import type { Routing } from './routing-file.ts'
import { type Alert, NO_STATE, type RuleState, type Transition } from './rule-state.ts'
import type { Silence } from './silences.ts'
import { cannotUnfire, latenessFor, type SpanOf } from './window.ts'

/** The inputs of a simulation other than events. */
export interface Simulation {
  readonly rules: readonly AlertRule[]
  /** Absent: no notifications. */
  readonly routing?: Routing | undefined
  readonly metrics: ReadonlyMap<string, Pick<Metric, 'kind' | 'unit'>>
  readonly spanOf: SpanOf
  readonly labels?: Labels
  readonly latenessMs?: number
  readonly silences?: readonly Silence[]
  readonly acknowledgements?: readonly Acknowledgement[]
}

export interface SimulationSpan {
  /** Epoch ms; both ends are evaluated. */
  readonly from: number
  readonly to: number
  readonly stepMs: number
}

export interface SimulationStep {
  readonly at: number
  readonly states: ReadonlyMap<string, RuleState>
  readonly transitions: readonly { readonly rule: AlertRule; readonly transition: Transition }[]
  readonly notifications: readonly Notification[]
}

/**
 * Runs rules over a span of time, step by step, with the evaluator and the routing of live evaluation. `read` answers as of each step; its
 * answers are cached until `changed` returns true.
 */
export async function* simulate(
  given: Simulation,
  span: SimulationSpan,
  read: Read,
  changed: (at: number) => Promise<boolean> = () => Promise.resolve(false),
): AsyncGenerator<SimulationStep> {
  const states = new Map<string, RuleState>(given.rules.map(rule => [rule.name, NO_STATE]))
  const groups = new Map<string, GroupState>()
  const answers = new Map<string, Promise<ReadAnswer>>()
  const cachedRead: Read = request => {
    const key = JSON.stringify(request)
    let answer = answers.get(key)
    if (!answer) {
      answer = read(request)
      answers.set(key, answer)
    }
    return answer
  }
  let nextAt: number | null = null
  for (let at = span.from; at <= span.to; at += span.stepMs) {
    const notifications: Notification[] = []
    // Groups that are due between two steps.
    while (nextAt !== null && nextAt < at) {
      const when: number = nextAt
      const due = notify(given, states, groups, when)
      notifications.push(...due.notifications)
      nextAt = due.nextAt !== null && due.nextAt > when ? due.nextAt : null
    }
    if (await changed(at)) answers.clear()
    // Windows slide, so old queries are not repeated.
    if (answers.size > 10_000) answers.clear()
    const transitions: { rule: AlertRule; transition: Transition }[] = []
    const observed = await Promise.all(given.rules.map(rule => observe(rule, at, cachedRead, given.spanOf, given.latenessMs)))
    for (const [i, rule] of given.rules.entries()) {
      const trend = trendOf(given.metrics.get(rule.metric))
      const result = evaluate(rule, observed[i]?.observations ?? [], at, states.get(rule.name) ?? NO_STATE, {
        labels: given.labels,
        latenessMs: latenessFor(rule, trend, given.latenessMs ?? 0),
        cannotUnfire: cannotUnfire(rule, trend),
      })
      states.set(rule.name, result.state)
      transitions.push(...result.transitions.map(transition => ({ rule, transition })))
    }
    const due = notify(given, states, groups, at)
    notifications.push(...due.notifications)
    nextAt = due.nextAt
    yield { at, states: new Map(states), transitions, notifications }
  }
}

/** Dispatches until nothing is left to notify at this time. */
function notify(given: Simulation, states: ReadonlyMap<string, RuleState>, groups: Map<string, GroupState>, now: number) {
  if (!given.routing) return { notifications: [], nextAt: null }
  const alerts = alertsOf(given, states)
  const snapshot = {
    now,
    firing: alerts.filter(alert => alert.endsAt === null),
    ended: alerts.filter(alert => alert.endsAt !== null),
    silences: given.silences ?? [],
    acknowledgements: new Map((given.acknowledgements ?? []).filter(one => one.at <= now).map(one => [one.fingerprint, one])),
  }
  const notifications: Notification[] = []
  for (;;) {
    const { changed, nextAt } = dispatch(given.routing, snapshot, groups)
    for (const [key, step] of changed) {
      notifications.push(...step.notifications)
      if (step.group) groups.set(key, step.group)
      else groups.delete(key)
    }
    if (changed.size === 0) return { notifications, nextAt }
  }
}

function alertsOf({ rules, metrics }: Simulation, states: ReadonlyMap<string, RuleState>): Alert[] {
  return rules.flatMap(rule =>
    Object.values(states.get(rule.name)?.members ?? {})
      .filter(member => member.phase !== 'pending')
      .map(member => toAlert(rule, member, metrics.get(rule.metric)?.unit)),
  )
}
