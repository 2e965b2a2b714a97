import type { Period } from '@northstar/catalogue'
import type { Status, Unit } from '@northstar/metrics'

/** The content of a report, which every channel renders. */
export interface Report {
  /** The name in `reports.yaml`. */
  readonly name: string
  readonly title: string
  /** The day on which it is due, `YYYY-MM-DD` in the product's zone. */
  readonly date: string
  readonly timezone: string
  /** How long after its due time the report was sent, ms; absent if it was sent on time. */
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

/** A value with its target, verdict, change and members. */
export interface Figure {
  readonly title: string
  readonly metric: string
  readonly unit: Unit
  readonly period: Period
  /** Null if nothing was measured. */
  readonly value: number | null
  /** Set if the value was not collected: since which day (null: always) and why. */
  readonly unknown?: { readonly since: string | null; readonly reason: string }
  readonly target?: { readonly value: number; readonly direction: 'at_least' | 'at_most' }
  /** Absent without a target, without a value, and while a running period has not reached its target. */
  readonly status?: Exclude<Status, 'not_enough_data'>
  /** How many days of a running period are over. */
  readonly soFar?: { readonly days: number; readonly of: number }
  /** Change from the previous period, as a fraction of its value; for ratios, the difference. */
  readonly change?: number | null
  readonly members?: readonly { readonly name: string; readonly value: number | null }[]
  /** The values of the last periods, oldest first, for a chart. */
  readonly course?: readonly (number | null)[]
}
