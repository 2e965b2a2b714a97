import type { Period } from '@northstar/catalogue'
import type { Status, Unit } from '@northstar/metrics'

/** A report as data: every channel renders the same one. */
export interface Report {
  /** The name in `reports.yaml`. */
  readonly name: string
  readonly title: string
  /** The day on which it is due, `YYYY-MM-DD` in the product's zone. */
  readonly date: string
  readonly timezone: string
  /** It was sent this long after its due time, ms; absent when it was sent on time. */
  readonly lateMs?: number
  readonly sections: readonly Section[]
}

export interface Section {
  readonly title?: string
  readonly lines: readonly Line[]
}

export type Line =
  | { readonly kind: 'figure'; readonly figure: Figure }
  /** `severity` marks a firing alert. */
  | { readonly kind: 'text'; readonly text: string; readonly severity?: string }

/** A value with everything that a reader needs to judge it. */
export interface Figure {
  readonly title: string
  readonly metric: string
  readonly unit: Unit
  readonly period: Period
  /** Null where nothing was measured. */
  readonly value: number | null
  /** The value was not collected: since which day (null for ever) and why. */
  readonly unknown?: { readonly since: string | null; readonly reason: string }
  readonly target?: { readonly value: number; readonly direction: 'at_least' | 'at_most' }
  /** Absent without a target, without a value, and while an unfinished period has not reached its target. */
  readonly status?: Exclude<Status, 'not_enough_data'>
  /** The running period: how many of its days are over. */
  readonly soFar?: { readonly days: number; readonly of: number }
  /** From the value of the period before: a fraction of it; of ratios the plain difference. */
  readonly change?: number | null
  readonly members?: readonly { readonly name: string; readonly value: number | null }[]
  /** The values of the last periods, oldest first, for a chart. */
  readonly course?: readonly (number | null)[]
}
