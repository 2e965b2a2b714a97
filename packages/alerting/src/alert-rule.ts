import { humanize, type Period, type Titles } from '@northstar/catalogue'

/** How bad: P0 pages a person at once, P1 within a day, P2 within a week, P3 goes into the weekly digest. */
export type Severity = 'P0' | 'P1' | 'P2' | 'P3'

/** The span of event time that a rule reads: the last so many milliseconds, or a period of the product's calendar. */
export type RuleWindow =
  | { readonly kind: 'duration'; readonly ms: number }
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
  /** The release before at the same age: the value up to which no difference from it would be seen, at 95% confidence. */
  | { readonly kind: 'previous_release' }

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
  /** How people read the name. */
  readonly title?: string
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
  /** How the product's properties and their values read in the rule's texts. */
  readonly titles?: Titles
}

/** How people read a rule's name: `High crash rate`. */
export const ruleTitle = ({ name, title }: Pick<AlertRule, 'name' | 'title'>): string => title ?? humanize(name)
