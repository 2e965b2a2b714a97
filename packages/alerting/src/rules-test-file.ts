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
import { RULE_NAMES } from './alerts-section.ts'
import { matcherProblem, parseMatcher } from './matchers.ts'
import { RECEIVER_NAMES } from './routing-file.ts'

/** RFC 3339 with an offset, so that a test means the same on every machine. */
const time = z.string().transform((text, context) => {
  const at = /\d:\d/.test(text) ? parseInstant(text, 'UTC') : null
  if (at !== null) return at
  context.addIssue({ code: 'custom', message: `"${text}" is no time with an offset: write 2026-01-20T12:00:00Z` })
  return z.NEVER
})

const eventsSchema = z
  .strictObject({
    event: z.string().describe('An event of the tracking plan.'),
    at: duration.default(0).describe('How long after the test’s start the first one is: 30s, 5m, 1h30m. Default: at its start.'),
    every: duration.default(0).describe('How long after each other they are. Default: all at once.'),
    count: z.int().min(1).max(100_000).default(1).describe('How many. Default: 1.'),
    users: z.int().min(1).default(1).describe('From so many users in turn. Default: 1.'),
    sessions: z.int().min(1).default(1).describe('From so many sessions in turn. Default: 1.'),
    late: duration.default(0).describe('How long after their own time they arrive.'),
    early: duration.default(0).describe('How long before their own time they arrive: the sender’s clock is ahead.'),
    properties: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .default({})
      .describe('Their properties, as the tracking plan declares them.'),
  })
  .describe('Events alike: `count` of them, one `every` so often from `at` on, by so many users and sessions in turn.')

const expectedAlert = z
  .strictObject({
    exp_labels: z.record(z.string(), z.string()).default({}).describe('Labels that it must have; it may have others.'),
    state: z
      .enum(['pending', 'firing'])
      .default('firing')
      .describe('pending: the condition holds, but not yet for long enough. Default: firing.'),
  })
  .describe('An alert that there must be.')

const expectedNotification = z
  .strictObject({
    status: z.enum(['firing', 'resolved']).default('firing').describe('Whether it is of a beginning or an end. Default: firing.'),
    alerts: z.array(z.string()).describe('The rules whose alerts it is about, in any order.'),
  })
  .describe('A notification that must have been sent.')

const silenceSchema = z
  .strictObject({
    matchers: z.array(z.string()).describe('Which alerts are muted: name="value", !=, =~ or !~, all of which must hold.'),
    from: duration.default(0).describe('When it begins, after the test’s start. Default: at its start.'),
    to: duration.describe('When it ends, after the test’s start.'),
  })
  .describe('Alerts that notify nobody for a while.')

const alertTestSchema = z
  .strictObject({
    eval_time: duration.describe('When to look, after the test’s start.'),
    alertname: z.string().describe('A rule of alerts.yaml.'),
    exp_alerts: z
      .array(expectedAlert)
      .default([])
      .describe('All alerts of the rule that must fire then; pending ones count only where one is expected. None asserts silence.'),
  })
  .describe('Which alerts of a rule there are at a time.')

const notificationTestSchema = z
  .strictObject({
    eval_time: duration.describe('When to look, after the test’s start.'),
    receiver: z.string().describe('A receiver of channels.yaml.'),
    exp_notifications: z.array(expectedNotification).default([]).describe('All of them in order. None asserts silence.'),
  })
  .describe('What a receiver was sent up to a time.')

const testSchema = z
  .strictObject({
    name: z.string().describe('What the rules must or must not do, as one sentence.'),
    start: time.describe('The time at which the test begins, such as 2026-01-20T15:00:00Z.'),
    interval: duration.prefault('1m').describe('How often the rules are evaluated. Default: 1m.'),
    events: z.array(eventsSchema).default([]).describe('What arrives. Default: nothing.'),
    silences: z.array(silenceSchema).default([]).describe('Which alerts are muted, and when.'),
    alert_rule_test: z.array(alertTestSchema).default([]).describe('Which alerts there must be.'),
    notification_test: z.array(notificationTestSchema).default([]).describe('What receivers must have been sent.'),
  })
  .describe('Events, and the alerts and notifications that they must and must not bring.')

/** `alerts.test.yaml`: events, and the alerts and notifications that they must and must not bring. */
const rulesTestFile = z
  .strictObject({ tests: z.array(testSchema).describe('The tests; each begins with empty counters and an empty warehouse.') })
  .describe('What the alert rules must and must not do. `northstar rules test` tries it.')

/** `alerts.test.yaml`. Without the file there are no tests. */
export const rulesTestSection = defineSection<typeof rulesTestFile, readonly RuleTest[]>({
  file: 'alerts.test.yaml',
  schema: rulesTestFile,
  build: (file, context) => (file ? { value: file.value?.tests ?? [], problems: referenceProblems(file, context) } : { value: [] }),
})

function referenceProblems(file: YamlFile<unknown>, { plan, declared }: SectionContext): readonly Problem[] {
  const rules = declared(RULE_NAMES)
  const receivers = declared(RECEIVER_NAMES)
  const known = (pattern: readonly string[], what: string, valid: readonly string[] | undefined) =>
    file.entries('tests', '*', ...pattern).flatMap(([path, name]) => {
      if (typeof name !== 'string' || !valid || valid.includes(name)) return []
      return [unknownWord(file, path, what, name, valid)]
    })
  const events = plan ? file.entries('tests', '*', 'events', '*').flatMap(([path]) => eventProblems(file, path, plan)) : []
  const silences = file.entries('tests', '*', 'silences', '*', 'matchers', '*').flatMap(([path, text]) => {
    const matcher = parseMatcher(String(text))
    if (!matcher) return [file.problem(path, matcherProblem(String(text)))]
    if (matcher.name !== 'alertname' || matcher.isRegex || !rules || rules.includes(matcher.value)) return []
    return [unknownWord(file, path, 'unknown rule', matcher.value, rules)]
  })
  return [
    ...events,
    ...silences,
    ...known(['alert_rule_test', '*', 'alertname'], 'unknown rule', rules),
    ...known(['notification_test', '*', 'receiver'], 'unknown receiver', receivers),
    ...known(['notification_test', '*', 'exp_notifications', '*', 'alerts', '*'], 'unknown rule', rules),
  ]
}

export type RuleTest = z.output<typeof testSchema>
