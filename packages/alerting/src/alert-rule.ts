import { humanize, type Period, type Titles } from '@northstar/catalogue'

/** Severity: P0 pages a person at once, P1 within a day, P2 within a week, P3 is listed in the weekly digest. */
export type Severity = 'P0' | 'P1' | 'P2' | 'P3'

/** The span of event time that a rule reads: a duration up to now, or a period of the product's calendar. */
export type RuleWindow =
  | { readonly kind: 'duration'; readonly ms: number }
  | { readonly kind: 'period'; readonly period: Exclude<Period, 'total'>; readonly which: 'current' | 'last_complete' }

/** The threshold of a condition, computed at each evaluation. Without one (no target, for example) there is no data. */
export type Threshold =
  | { readonly kind: 'number'; readonly value: number }
  /** A multiple of the metric's target. */
  | { readonly kind: 'target'; readonly times: number }
  /** A change against the previous period, as a fraction: -0.5 is a fall by half. */
  | { readonly kind: 'change'; readonly fraction: number }
  /** A multiple of the growth between the targets of the previous and this period, compared with the actual growth. */
  | { readonly kind: 'growth'; readonly times: number }
  /** The previous release at the same age: the value up to which the difference is not significant at 95% confidence. */
  | { readonly kind: 'previous_release' }

export interface Condition {
  /** `above`: holds when value > threshold; `below`: when value < threshold. */
  readonly direction: 'above' | 'below'
  readonly threshold: Threshold
}

/**
 * State when there is no data (or too small a sample): `keep` the last state, `ok`, `alerting`, or `no_data`, a separate alert with the label
 * `no_data="true"`.
 */
export type NoDataPolicy = 'keep' | 'ok' | 'alerting' | 'no_data'

export interface AlertRule {
  /** The `alertname` label. */
  readonly name: string
  /** Display name. Default: the name with spaces. */
  readonly title?: string
  readonly group: string
  readonly metric: string
  readonly window: RuleWindow
  /** One alert for each value of this property. */
  readonly by?: string
  readonly where: Readonly<Record<string, string>>
  /** For cohort metrics: number of periods after the cohort's own. */
  readonly offset?: number
  readonly condition: Condition
  /** Milliseconds. */
  readonly for: number
  /** Milliseconds. */
  readonly keepFiringFor: number
  /** A firing alert ends only when the value has passed this one. Default: the threshold. */
  readonly recovery?: number
  readonly minSample: number
  readonly noData: NoDataPolicy
  readonly severity: Severity
  readonly labels: Readonly<Record<string, string>>
  /** Templates. */
  readonly annotations: Readonly<Record<string, string>>
  readonly action: string
  readonly runbook?: string
  /** Milliseconds between evaluations by the clock. Default: chosen by the service. */
  readonly interval?: number
  /** Display names of properties and values in the rule's texts. */
  readonly titles?: Titles
}

/** The display name of a rule: `High crash rate`. */
export const ruleTitle = ({ name, title }: Pick<AlertRule, 'name' | 'title'>): string => title ?? humanize(name)
