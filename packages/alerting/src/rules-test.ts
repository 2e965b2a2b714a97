import { formatDuration } from '@northstar/catalogue'
import type { AlertRule } from './alert-rule.ts'
import { formatLabels } from './labels.ts'
import { parseMatcher } from './matchers.ts'
import type { Notification } from './notification.ts'
import type { Read } from './observe.ts'
import type { MemberState, RuleState } from './rule-state.ts'
import type { RuleTest } from './rules-test-file.ts'
import { type Simulation, simulate } from './simulate.ts'

/** An event of a test. Times are epoch ms. */
export interface FixtureEvent {
  readonly id: string
  readonly event: string
  readonly timestamp: number
  readonly receivedAt: number
  readonly userId: string
  readonly sessionId: string
  readonly properties: Readonly<Record<string, string | number | boolean>>
}

/** The stores of a rule test, which receive its events and answer its queries. */
export interface TestStage {
  /** Moves the clock to `now`, epoch ms, and adds the events that have arrived since. */
  advance(now: number, events: readonly FixtureEvent[]): Promise<void>
  readonly read: Read
}

/** An expectation that was not met. Lists may be empty. */
export interface RuleTestFailure {
  /** The rule or the receiver. */
  readonly of: string
  /** Time after the test's start, as a duration. */
  readonly at: string
  readonly expected: readonly string[]
  readonly got: readonly string[]
}

export interface RuleTestResult {
  readonly name: string
  readonly passed: boolean
  readonly failures: readonly RuleTestFailure[]
}

/** The failure as the lines of a diff: `-` is expected and missing, `+` is unexpected. */
export function describeFailure({ of, at, expected, got }: RuleTestFailure): string[] {
  const left = [...got]
  const lines = (expected.length > 0 ? expected : ['nothing']).map(line => {
    const found = left.indexOf(line)
    if (found < 0) return `- ${line}`
    left.splice(found, 1)
    return `  ${line}`
  })
  return [`${of} at ${at}`, ...lines, ...(got.length > 0 ? left : ['nothing']).map(line => `+ ${line}`)]
}

export function fixtureEvents(test: RuleTest): FixtureEvent[] {
  return test.events
    .flatMap((given, group) =>
      Array.from({ length: given.count }, (_, i) => {
        const timestamp = test.start + given.at + i * given.every
        return {
          id: `${group}-${i}`,
          event: given.event,
          timestamp,
          receivedAt: timestamp + given.late - given.early,
          userId: `u${i % given.users}`,
          sessionId: `s${i % given.sessions}`,
          properties: given.properties,
        }
      }),
    )
    .sort((a, b) => a.receivedAt - b.receivedAt)
}

/** Runs a test with its events in order of arrival. */
export async function runRuleTest(test: RuleTest, given: Simulation, stage: TestStage): Promise<RuleTestResult> {
  const failures: RuleTestFailure[] = []
  const waiting = fixtureEvents(test)
  const checks = [...test.alert_rule_test, ...test.notification_test]
  const known = new Set(given.rules.map(rule => rule.name))
  const receivers = Object.keys(given.routing?.receivers ?? {})
  for (const { alertname, eval_time } of test.alert_rule_test)
    if (!known.has(alertname)) failures.push({ of: alertname, at: formatDuration(eval_time), expected: ['a rule of this name'], got: [] })
  for (const { receiver, eval_time } of test.notification_test)
    if (!receivers.includes(receiver))
      failures.push({ of: receiver, at: formatDuration(eval_time), expected: ['a receiver of this name'], got: [] })
  const end = Math.max(0, ...checks.map(check => check.eval_time))
  const silences = test.silences.map(({ matchers, from, to }, i) => ({
    id: `silence-${i}`,
    matchers: matchers.map(parseMatcher).filter(matcher => matcher !== null),
    startsAt: test.start + from,
    endsAt: test.start + to,
    createdBy: 'test',
    comment: '',
  }))
  const sent: Notification[] = []
  const done = new Set<(typeof checks)[number]>()
  const feed = async (at: number) => {
    const arrived = waiting.findIndex(event => event.receivedAt > at)
    const events = waiting.splice(0, arrived < 0 ? waiting.length : arrived)
    await stage.advance(at, events)
    return events.length > 0
  }
  const span = { from: test.start, to: test.start + Math.ceil(end / test.interval) * test.interval, stepMs: test.interval }
  for await (const step of simulate({ ...given, silences }, span, stage.read, feed)) {
    sent.push(...step.notifications)
    for (const check of checks) {
      if (done.has(check) || test.start + check.eval_time > step.at) continue
      done.add(check)
      const problem = 'alertname' in check ? findAlertFailure(check, given.rules, step.states) : findNotificationFailure(check, sent)
      if (problem) failures.push(problem)
    }
  }
  return { name: test.name, passed: failures.length === 0, failures }
}

type AlertCheck = RuleTest['alert_rule_test'][number]
type NotificationCheck = RuleTest['notification_test'][number]

const same = (a: readonly string[], b: readonly string[]) => JSON.stringify(a) === JSON.stringify(b)

/** An alert in the text of a failure. */
const describeAlert = (state: string, labels: Readonly<Record<string, string>>) => `${state} ${formatLabels(labels)}`

function findAlertFailure(check: AlertCheck, rules: readonly AlertRule[], states: ReadonlyMap<string, RuleState>): RuleTestFailure | null {
  const rule = rules.find(one => one.name === check.alertname)
  const wantsPending = check.exp_alerts.some(one => one.state === 'pending')
  const found = Object.values(states.get(rule?.name ?? '')?.members ?? {}).filter(
    member => member.phase === 'firing' || (wantsPending && member.phase === 'pending'),
  )
  // Each expected alert is matched by a different one.
  const left = [...found]
  const met = check.exp_alerts.map(wanted => {
    const index = left.findIndex(
      member => member.phase === wanted.state && Object.entries(wanted.exp_labels).every(([name, value]) => member.labels[name] === value),
    )
    return index < 0 ? null : (left.splice(index, 1)[0] ?? null)
  })
  if (rule === undefined || (left.length === 0 && met.every(member => member !== null))) return null
  const got = (member: MemberState) => `${describeAlert(member.phase, member.labels)} value ${member.value}`
  return {
    of: check.alertname,
    at: formatDuration(check.eval_time),
    expected: check.exp_alerts.map((one, i) => (met[i] ? got(met[i]) : describeAlert(one.state, one.exp_labels))),
    got: found.map(got),
  }
}

function findNotificationFailure(check: NotificationCheck, sent: readonly Notification[]): RuleTestFailure | null {
  const describe = (status: string, alerts: readonly string[]) => `${status} [${[...new Set(alerts)].sort().join(', ')}]`
  const got = sent
    .filter(one => one.receiver === check.receiver && one.kind === 'alerts')
    .map(one =>
      describe(
        one.status,
        one.alerts.map(alert => alert.rule),
      ),
    )
  const expected = check.exp_notifications.map(one => describe(one.status, one.alerts))
  return same(got, expected) ? null : { of: check.receiver, at: formatDuration(check.eval_time), expected, got }
}
