import {
  defineSection,
  duration,
  eventProblems,
  type Problem,
  parseInstant,
  type SectionContext,
  unknownWord,
  type YamlFile,
} from '@northstar/catalogue'
import { z } from 'zod'
import { RULE_NAMES, RULES_FILE } from './alerts-section.ts'
import { matcherProblem, parseMatcher } from './matchers.ts'
import { CHANNELS_FILE, RECEIVER_NAMES } from './routing-file.ts'

/** RFC 3339 with an offset, so that a test means the same on every machine. */
const time = z.string().transform((text, context) => {
  const at = /\d:\d/.test(text) ? parseInstant(text, 'UTC') : null
  if (at !== null) return at
  context.addIssue({ code: 'custom', message: `"${text}" is not a time with an offset: write 2026-01-20T12:00:00Z` })
  return z.NEVER
})

const eventsSchema = z
  .strictObject({
    event: z.string().describe('An event of the tracking plan.'),
    at: duration.default(0).describe('Time of the first event after the test’s start: 30s, 5m, 1h30m. Default: at its start.'),
    every: duration.default(0).describe('Interval between events. Default: all at once.'),
    count: z.int().min(1).max(100_000).default(1).describe('Number of events. Default: 1.'),
    users: z.int().min(1).default(1).describe('Number of users, in turn. Default: 1.'),
    sessions: z.int().min(1).default(1).describe('Number of sessions, in turn. Default: 1.'),
    late: duration.default(0).describe('Delay of the arrival after the event’s own time.'),
    early: duration.default(0).describe('Time by which events arrive before their own time, since the sender’s clock is ahead.'),
    properties: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe('Properties, as declared by the tracking plan.'),
  })
  .describe('A series of `count` equal events from `at` on, one `every` interval.')

const expectedAlert = z
  .strictObject({
    exp_labels: z.record(z.string(), z.string()).default({}).describe('Required labels; the alert may have others.'),
    state: z
      .enum(['pending', 'firing'])
      .default('firing')
      .describe('pending: the condition holds, but not for long enough yet. Default: firing.'),
  })
  .describe('An expected alert.')

const expectedNotification = z
  .strictObject({
    status: z.enum(['firing', 'resolved']).default('firing').describe('firing: of a beginning; resolved: of an end. Default: firing.'),
    alerts: z.array(z.string()).describe('The rules of its alerts, in any order.'),
  })
  .describe('An expected notification.')

const silenceSchema = z
  .strictObject({
    matchers: z.array(z.string()).describe('Matchers of the muted alerts, all of which must match: name="value", !=, =~ or !~.'),
    from: duration.default(0).describe('Its beginning, after the test’s start. Default: at its start.'),
    to: duration.describe('Its end, after the test’s start.'),
  })
  .describe('A silence.')

const alertTestSchema = z
  .strictObject({
    eval_time: duration.describe('When to look, after the test’s start.'),
    alertname: z.string().describe('A rule of alerts.yaml.'),
    exp_alerts: z
      .array(expectedAlert)
      .default([])
      .describe('All alerts of the rule that must be firing; pending ones are compared only if one is expected. Default: none.'),
  })
  .describe('The alerts of a rule at a time.')

const notificationTestSchema = z
  .strictObject({
    eval_time: duration.describe('When to look, after the test’s start.'),
    receiver: z.string().describe('A receiver of channels.yaml.'),
    exp_notifications: z.array(expectedNotification).default([]).describe('All notifications, in order. Default: none.'),
  })
  .describe('The notifications of a receiver up to a time.')

const testSchema = z
  .strictObject({
    name: z.string().describe('The expected behaviour, as one sentence.'),
    start: time.describe('The time at which the test begins, such as 2026-01-20T15:00:00Z.'),
    interval: duration.prefault('1m').describe('How often the rules are evaluated. Default: 1m.'),
    events: z.array(eventsSchema).default([]).describe('Events that arrive. Default: none.'),
    silences: z.array(silenceSchema).default([]).describe('Silences.'),
    alert_rule_test: z.array(alertTestSchema).default([]).describe('Expected alerts.'),
    notification_test: z.array(notificationTestSchema).default([]).describe('Expected notifications.'),
  })
  .describe('A test: events, and the alerts and notifications that they must and must not cause.')

const rulesTestFile = z
  .strictObject({ tests: z.array(testSchema).describe('The tests; each begins with empty counters and an empty warehouse.') })
  .describe('Tests of the alert rules, run by `northstar rules test`.')

/** `alerts.test.yaml`. Without the file there are no tests. */
export const rulesTestSection = defineSection<typeof rulesTestFile, readonly RuleTest[]>({
  file: 'alerts.test.yaml',
  schema: rulesTestFile,
  build: (file, context) => (file ? { value: file.value?.tests ?? [], problems: referenceProblems(file, context) } : { value: [] }),
})

function referenceProblems(file: YamlFile<unknown>, { plan, declared }: SectionContext): readonly Problem[] {
  const rules = declared(RULE_NAMES)
  const receivers = declared(RECEIVER_NAMES)
  const known = (pattern: readonly string[], what: string, valid: ReadonlySet<string> | undefined, declaredIn: string) =>
    file.entries('tests', '*', ...pattern).flatMap(([path, name]) => {
      if (typeof name !== 'string' || !valid || valid.has(name)) return []
      return [unknownWord(file, path, what, name, valid, declaredIn)]
    })
  const events = plan ? file.entries('tests', '*', 'events', '*').flatMap(([path]) => eventProblems(file, path, plan)) : []
  const silences = file.entries('tests', '*', 'silences', '*', 'matchers', '*').flatMap(([path, text]) => {
    const matcher = parseMatcher(String(text))
    if (!matcher) return [file.problem(path, matcherProblem(String(text)))]
    if (matcher.name !== 'alertname' || matcher.isRegex || !rules || rules.has(matcher.value)) return []
    return [unknownWord(file, path, 'unknown rule', matcher.value, rules, RULES_FILE)]
  })
  return [
    ...events,
    ...silences,
    ...known(['alert_rule_test', '*', 'alertname'], 'unknown rule', rules, RULES_FILE),
    ...known(['notification_test', '*', 'receiver'], 'unknown receiver', receivers, CHANNELS_FILE),
    ...known(['notification_test', '*', 'exp_notifications', '*', 'alerts', '*'], 'unknown rule', rules, RULES_FILE),
  ]
}

export type RuleTest = z.output<typeof testSchema>
