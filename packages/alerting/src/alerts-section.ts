import {
  CALENDAR_PERIODS,
  type Declaration,
  defineSection,
  duration,
  type KnownPlan,
  type Path,
  type Problem,
  recordOf,
  type Titles,
  titlesOf,
  type YamlFile,
} from '@northstar/catalogue'
import { type DeclaredMetric, directionOf, isComparable, METRICS, measureProblems, NO_RELEASES, RELEASES } from '@northstar/metrics'
import { z } from 'zod'
import type { AlertRule, Condition, RuleWindow, Threshold } from './alert-rule.ts'

const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name has letters, digits and _')
const word = z.string().regex(/^[a-z][a-z0-9_]*$/, 'a name has lower-case letters, digits and _')
const period = z.enum(CALENDAR_PERIODS)

const threshold = z.union([
  z.number().transform((value): Threshold => ({ kind: 'number', value })),
  z.literal('target').transform((): Threshold => ({ kind: 'target', times: 1 })),
  z
    .strictObject({ times_target: z.number().positive().describe('A multiple of the metric’s target.') })
    .transform(({ times_target }): Threshold => ({ kind: 'target', times: times_target })),
  z
    .strictObject({ change: z.number().describe('The change against the previous period, as a fraction: -0.5 is a fall by half.') })
    .transform(({ change }): Threshold => ({ kind: 'change', fraction: change })),
  z
    .strictObject({
      times_target_growth: z
        .number()
        .positive()
        .describe('A multiple of the growth of the target, compared with the growth of the value since the previous period.'),
    })
    .transform(({ times_target_growth }): Threshold => ({ kind: 'growth', times: times_target_growth })),
])

/** The direction depends on the metric: {@link alertsSection} sets it. */
const worse = z
  .strictObject({
    worse_than: z.literal('previous_release').describe('Holds when the newest release is worse than the previous one at the same age.'),
  })
  .transform((): Condition => ({ direction: 'above', threshold: { kind: 'previous_release' } }))

const condition = z.union([
  z
    .strictObject({ above: threshold.describe('Holds when the value is greater than this.') })
    .transform(({ above }): Condition => ({ direction: 'above', threshold: above })),
  z
    .strictObject({ below: threshold.describe('Holds when the value is less than this.') })
    .transform(({ below }): Condition => ({ direction: 'below', threshold: below })),
  worse,
])

const window = z.union([
  duration.refine(ms => ms >= 10_000, 'a window is at least 10s').transform((ms): RuleWindow => ({ kind: 'duration', ms })),
  z
    .strictObject({
      period: period.describe('A period of the product’s calendar.'),
      which: z.enum(['current', 'last_complete']).default('last_complete').describe('The current period, or the last complete one.'),
    })
    .transform((given): RuleWindow => ({ kind: 'period', ...given })),
])

const rule = z.strictObject({
  alert: word.describe('The rule’s name, and the label alertname of its alerts.'),
  title: z.string().min(1).optional().describe('Display name. Default: the name with spaces.'),
  metric: word.describe('A metric of metrics.yaml.'),
  window: window.describe(
    'The last 5m, 1h, 1d … of event time, or {period: week, which: last_complete | current}; with worse_than the first 7d, 14d … of both releases.',
  ),
  by: word.optional().describe('One alert for each value of this property.'),
  where: z
    .record(word, z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({})
    .describe('Only events with this value of a property.'),
  offset: z.int().min(0).optional().describe('For retention: number of periods after the cohort’s own.'),
  condition: condition.describe(
    '{above: X}, {below: X} or {worse_than: previous_release}. X is a number, target, {times_target: n}, {change: fraction} or {times_target_growth: n}.',
  ),
  for: duration.default(0).describe('How long the condition must hold before the alert fires: 30s, 5m, 1h30m. Default: at once.'),
  keep_firing_for: duration.default(0).describe('How long the condition must not hold before the alert ends. Default: at once.'),
  recovery: z.number().optional().describe('A firing alert ends only past this value. Default: the threshold itself.'),
  min_sample: z.number().min(0).default(0).describe('A value of fewer events (or users, sessions) is treated as no data.'),
  no_data: z
    .enum(['keep', 'ok', 'alerting', 'no_data'])
    .default('keep')
    .describe('State without data: keep (the last state), ok, alerting, or no_data (a separate alert). Default: keep.'),
  severity: z
    .enum(['P0', 'P1', 'P2', 'P3'])
    .describe('P0: a person is paged at once; P1: within a day; P2: within a week; P3: the weekly digest.'),
  labels: z.record(labelName, z.string()).default({}).describe('Further labels for routes and silences to match.'),
  annotations: z
    .record(labelName, z.string())
    .default({})
    .describe(
      'Texts for people, such as summary. Variables: {{ value }}, {{ threshold }}, {{ sample }}, {{ labels.NAME }} and {{ titles.NAME }}, the display name of that label’s value.',
    ),
  action: z.string().describe('What the notified person should do.'),
  runbook: z.string().optional().describe('URL of a runbook.'),
})

const group = z.strictObject({
  name: z.string().min(1).describe('The group’s name.'),
  interval: duration
    .optional()
    .describe('How often its rules are evaluated by the clock, in addition to when events arrive. Default: 10s to 1m, by the metric.'),
  rules: z.array(rule).describe('The rules.'),
})

function toRules(groups: readonly z.output<typeof group>[]): AlertRule[] {
  return groups.flatMap(({ name: groupName, interval, rules }) =>
    rules.map(({ alert, min_sample, no_data, keep_firing_for, ...rest }) => ({
      ...rest,
      name: alert,
      group: groupName,
      keepFiringFor: keep_firing_for,
      minSample: min_sample,
      noData: no_data,
      ...(interval !== undefined && { interval }),
    })),
  )
}

/** `alerts.yaml` as {@link AlertRule}s. {@link alertsSection} checks the names in it. */
export const alertsFile = z
  .strictObject({ groups: z.array(group).describe('Groups of rules.') })
  .transform(({ groups }) => toRules(groups))
  .describe('Alert rules.')

/** The file that declares rules. */
export const RULES_FILE = 'alerts.yaml'

/** The names of all rules, including those with mistakes. */
export const RULE_NAMES: Declaration<ReadonlySet<string>> = { name: 'rules' }

/** `alerts.yaml`. Without the file there are no rules. */
export const alertsSection = defineSection<typeof alertsFile, readonly AlertRule[]>({
  file: RULES_FILE,
  schema: alertsFile,
  build(file, context) {
    const names = file ? ruleNames(file) : new Set<string>()
    if (names) context.declare(RULE_NAMES, names)
    if (!file) return { value: [] }
    const metrics = context.declared(METRICS)
    const seen = new Set<unknown>()
    const problems = file.entries('groups', '*', 'rules', '*').flatMap(([path, given], i) => {
      const { alert } = recordOf(given)
      const name = typeof alert === 'string' ? alert : `rule ${i + 1}`
      const twice =
        alert !== undefined && seen.has(alert) ? [file.problem([...path, 'alert'], `two rules are named ${name}: rename one`)] : []
      seen.add(alert)
      const { property } = context.declared(RELEASES) ?? NO_RELEASES
      return [
        ...twice,
        ...(metrics ? measureProblems(file, path, metrics, `${name}: `) : []),
        ...(metrics ? releaseProblems(file, path, metrics, property, context.plan) : []),
      ]
    })
    const titles = context.plan && titlesOf(context.plan.plan)
    return { value: (file.value ?? []).map(rule => resolved(rule, metrics?.get(rule.metric), titles)), problems }
  },
})

/**
 * The rule with the plan's titles, and for `worse_than` with the direction that the metric's targets or unit define.
 */
function resolved(given: AlertRule, declared: DeclaredMetric | undefined, titles: Titles | undefined): AlertRule {
  const rule = { ...given, ...(titles && { titles }) }
  if (rule.condition.threshold.kind !== 'previous_release' || !declared?.metric) return rule
  return { ...rule, condition: { ...rule.condition, direction: directionOf(declared.metric) === 'at_most' ? 'above' : 'below' } }
}

/** Problems of a rule that compares releases by a metric without such a comparison, or over a calendar period. */
function releaseProblems(
  file: YamlFile<unknown>,
  path: Path,
  metrics: ReadonlyMap<string, DeclaredMetric>,
  property: string,
  plan: KnownPlan | undefined,
): readonly Problem[] {
  const { metric: name, window, condition: given } = recordOf(file.at(path))
  const { kind, metric } = metrics.get(String(name)) ?? {}
  if (recordOf(given).worse_than === undefined || !kind || !metric) return []
  const carried = !plan || kind.dimensions(metric.definition, plan.plan).includes(property)
  return [
    ...(isComparable(kind, metric) && carried
      ? []
      : [
          file.problem(
            [...path, 'metric'],
            `${metric.name} cannot be compared by release: expected a proportion or a percentile of events with ${property}`,
          ),
        ]),
    ...(typeof window === 'string' ? [] : [file.problem([...path, 'window'], 'with worse_than the window is a duration such as 14d')]),
  ]
}

/** Undefined if a name cannot be read. */
function ruleNames(file: YamlFile<unknown>): ReadonlySet<string> | undefined {
  const names = file.entries('groups', '*', 'rules', '*').map(([, rule]) => recordOf(rule).alert)
  const readable = Array.isArray(file.at(['groups'])) && names.every(name => typeof name === 'string')
  return readable ? new Set(names) : undefined
}
