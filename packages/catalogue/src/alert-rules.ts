import { z } from 'zod'
import type { Period } from './catalogue.ts'
import { recordOf } from './plain-data.ts'
import type { Problem } from './problems.ts'
import { type DeclaredMetric, measureProblems } from './references.ts'
import type { YamlFile } from './yaml-file.ts'

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** `1h30m`, `10s`, `2w` in milliseconds, as Prometheus writes durations; null where it is none. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0
  if (!/^(\d+(ms|[smhdw]))+$/.test(text)) return null
  let total = 0
  for (const [, digits, unit] of text.matchAll(/(\d+)(ms|[smhdw])/g)) total += Number(digits) * UNITS[unit as keyof typeof UNITS]
  return total
}

/** Milliseconds as durations are written: `1h30m`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  let left = Math.round(ms)
  let text = ''
  for (const unit of ['w', 'd', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(left / UNITS[unit])
    if (count > 0) text += `${count}${unit}`
    left -= count * UNITS[unit]
  }
  return text
}

/** A duration in YAML, given on as milliseconds. */
export const duration = z
  .union([z.string(), z.literal(0)])
  .transform((text, context) => {
    const ms = parseDuration(String(text))
    if (ms !== null) return ms
    context.addIssue({ code: 'custom', message: `"${text}" is no duration: write 30s, 5m, 1h30m, 1d or 2w` })
    return z.NEVER
  })
  .describe('a duration such as 30s, 5m, 1h30m')

/** How bad: P0 pages a person at once, P1 within a day, P2 within a week, P3 goes into the weekly digest. */
export type Severity = 'P0' | 'P1' | 'P2' | 'P3'

/** The span of event time that a rule reads: the last so many milliseconds, or a period of the product's calendar. */
export type RuleWindow =
  | { readonly kind: 'rolling'; readonly ms: number }
  | { readonly kind: 'period'; readonly period: Exclude<Period, 'total'>; readonly which: 'current' | 'last_complete' }

/** What a value is held against. Each threshold is worked out anew at each evaluation; one that cannot be (no target) is no data. */
export type Threshold =
  | { readonly kind: 'number'; readonly value: number }
  /** So many times the metric's target. */
  | { readonly kind: 'target'; readonly times: number }
  /** A change against the period before, as a fraction: -0.5 is half gone. */
  | { readonly kind: 'change'; readonly fraction: number }
  /** So many times the growth that the targets of this and the last period ask for, against the growth that came. */
  | { readonly kind: 'growth'; readonly times: number }

export interface Condition {
  /** `above`: holds when value > threshold; `below`: when value < threshold. */
  readonly direction: 'above' | 'below'
  readonly threshold: Threshold
}

/**
 * What no data (or too small a sample) means: `keep` the last state, `ok`, `alerting`, or `no_data`: an alert of its own with the
 * label `no_data="true"`.
 */
export type NoDataPolicy = 'keep' | 'ok' | 'alerting' | 'no_data'

export interface AlertRule {
  /** The `alertname` label. */
  readonly name: string
  readonly group: string
  readonly metric: string
  readonly window: RuleWindow
  /** One alert for each value of this property. */
  readonly by?: string
  readonly where: Readonly<Record<string, string>>
  /** For cohort metrics: how many periods after the cohort's own. */
  readonly offset?: number
  readonly condition: Condition
  /** Milliseconds. */
  readonly for: number
  /** Milliseconds. */
  readonly keepFiringFor: number
  /** A firing alert ends only when the value is back past this one; the threshold itself where absent. */
  readonly recovery?: number
  readonly minSample: number
  readonly noData: NoDataPolicy
  readonly severity: Severity
  readonly labels: Readonly<Record<string, string>>
  /** Templates. */
  readonly annotations: Readonly<Record<string, string>>
  readonly action: string
  readonly runbook?: string
  /** Milliseconds between evaluations by the clock; the service's own choice where absent. */
  readonly interval?: number
}

const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name has letters, digits and _')
const word = z.string().regex(/^[a-z][a-z0-9_]*$/, 'a name has lower-case letters, digits and _')
const period = z.enum(['hour', 'day', 'week', 'calendar_week', 'month'])

const threshold = z.union([
  z.number().transform((value): Threshold => ({ kind: 'number', value })),
  z.literal('target').transform((): Threshold => ({ kind: 'target', times: 1 })),
  z
    .strictObject({ times_target: z.number().positive().describe('So many times the metric’s target.') })
    .transform(({ times_target }): Threshold => ({ kind: 'target', times: times_target })),
  z
    .strictObject({ change: z.number().describe('The change against the period before, as a fraction: -0.5 is half gone.') })
    .transform(({ change }): Threshold => ({ kind: 'change', fraction: change })),
  z
    .strictObject({
      times_target_growth: z
        .number()
        .positive()
        .describe('The growth since the last period, against so many times the growth that the targets ask for.'),
    })
    .transform(({ times_target_growth }): Threshold => ({ kind: 'growth', times: times_target_growth })),
])

const condition = z.union([
  z
    .strictObject({ above: threshold.describe('Holds when the value is greater than this.') })
    .transform(({ above }): Condition => ({ direction: 'above', threshold: above })),
  z
    .strictObject({ below: threshold.describe('Holds when the value is less than this.') })
    .transform(({ below }): Condition => ({ direction: 'below', threshold: below })),
])

const window = z.union([
  duration.refine(ms => ms >= 10_000, 'a rolling window is at least 10s').transform((ms): RuleWindow => ({ kind: 'rolling', ms })),
  z
    .strictObject({
      period: period.describe('A period of the product’s calendar.'),
      which: z.enum(['current', 'last_complete']).default('last_complete').describe('The running period, or the last whole one.'),
    })
    .transform((given): RuleWindow => ({ kind: 'period', ...given })),
])

const rule = z.strictObject({
  alert: word.describe('The rule’s name, and the label alertname of its alerts.'),
  metric: word.describe('A metric of metrics.yaml.'),
  window: window.describe('The last 5m, 1h, 1d … of event time, or {period: week, which: last_complete | current}.'),
  by: word.optional().describe('One alert for each value of this property.'),
  where: z
    .record(word, z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({})
    .describe('Only what has this value of a property.'),
  offset: z.int().min(0).optional().describe('Of a retention: how many periods after the cohort’s own.'),
  condition: condition.describe(
    '{above: X} or {below: X}. X is a number, target, {times_target: n}, {change: fraction} or {times_target_growth: n}.',
  ),
  for: duration.default(0).describe('How long the condition must hold before the alert fires: 30s, 5m, 1h30m. Default: at once.'),
  keep_firing_for: duration.default(0).describe('How long the condition must be over before the alert ends. Default: at once.'),
  recovery: z.number().optional().describe('A firing alert ends only past this value. Default: the threshold itself.'),
  min_sample: z.number().min(0).default(0).describe('On less than so many events (or users, sessions) a value counts as no data.'),
  no_data: z
    .enum(['keep', 'ok', 'alerting', 'no_data'])
    .default('keep')
    .describe('What nothing measured means: keep the last state, ok, alerting, or no_data: an alert of its own. Default: keep.'),
  severity: z
    .enum(['P0', 'P1', 'P2', 'P3'])
    .describe('P0: somebody is called at once; P1: within a day; P2: within a week; P3: the weekly digest.'),
  labels: z.record(labelName, z.string()).default({}).describe('Further labels, by which routes and silences find the alerts.'),
  annotations: z
    .record(labelName, z.string())
    .default({})
    .describe('Texts for people, such as summary. They know {{ value }}, {{ threshold }}, {{ sample }} and {{ labels.NAME }}.'),
  action: z.string().describe('What whoever is told should do.'),
  runbook: z.string().optional().describe('Where that is written at length: a URL.'),
})

const group = z.strictObject({
  name: z.string().min(1).describe('The group’s name.'),
  interval: duration
    .optional()
    .describe('How often its rules are evaluated by the clock. Default: every 10s to 1m, by what is asked; also whenever events come.'),
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

/** `alerts.yaml`, given on as {@link AlertRule}s. Whether the names in it are good is for {@link alertsProblems} to say. */
export const alertsFile = z
  .strictObject({ groups: z.array(group).describe('Rules that belong together.') })
  .transform(({ groups }) => toRules(groups))
  .describe('When to disturb whom.')

/** The names of the rules, also of those that have mistakes; undefined where they cannot be told. */
export function ruleNames(file: YamlFile<unknown>): readonly string[] | undefined {
  const names = file.entries('groups', '*', 'rules', '*').map(([, rule]) => recordOf(rule).alert)
  const readable = Array.isArray(file.at(['groups'])) && names.every(name => typeof name === 'string')
  return readable ? names : undefined
}

/** Where rules name a metric or a property that does not exist, and where two have one name. Without `metrics` only the latter. */
export function alertsProblems(file: YamlFile<unknown>, metrics: ReadonlyMap<string, DeclaredMetric> | undefined): readonly Problem[] {
  const seen = new Set<unknown>()
  return file.entries('groups', '*', 'rules', '*').flatMap(([path, given], i): readonly Problem[] => {
    const { alert } = recordOf(given)
    const name = typeof alert === 'string' ? alert : `rule ${i + 1}`
    const twice = alert !== undefined && seen.has(alert) ? [file.problem([...path, 'alert'], `two rules are named ${name}`)] : []
    seen.add(alert)
    return [...twice, ...(metrics ? measureProblems(file, path, metrics, `${name}: `) : [])]
  })
}
