import type { Period } from '@northstar/catalogue'
import type { Status, Unit } from './metric.ts'

/** A member of a breakdown by its property; null where the events do not say. */
export type Member = string | number | boolean | null

/** A value against its target. */
export interface TargetAnswer {
  readonly value: number
  readonly direction: 'at_least' | 'at_most'
  readonly max_allowed?: number
  readonly min_sample?: number
  /** Absent without a value. */
  readonly status?: Status
  /**
   * How far the value is on the good side (above 0) or the bad side of the target: a fraction of the target, but for ratios (and
   * a target of 0) the plain difference. Absent without enough data.
   */
  readonly distance?: number
}

export interface SeriesPoint {
  /** RFC 3339; `to` excluded. */
  readonly from: string
  readonly to: string
  /** The whole period lies in what was asked, and is over. */
  readonly complete: boolean
  readonly by?: Readonly<Record<string, Member>>
  /** Null where nothing was measured. A count of nothing is 0. */
  readonly value: number | null
  readonly sample: number
  readonly target?: TargetAnswer
  /** The value of the period before, where it was asked for; of a cohort that of the cohort before, as long after its own period. */
  readonly previous: number | null
  /** From the previous value to this one: a fraction of it, for ratios the plain difference. Absent where not asked for. */
  readonly change?: number | null
  /** Of the difference from another release at the same age, with 95% confidence; absent without enough data. */
  readonly interval?: readonly [low: number, high: number]
}

export interface CohortPoint extends SeriesPoint {
  /** The day on which the cohort's period begins. `from` and `to` are those of the period `offset` later. */
  readonly cohort: string
  readonly offset: number
}

export interface MetricAnswer {
  readonly metric: string
  readonly unit: Unit
  readonly timezone: string
  readonly period: Period
  readonly source: 'live' | 'warehouse'
  readonly points: readonly (SeriesPoint | CohortPoint)[]
  /** The members beyond the question's limit; absent where there are none. */
  readonly others?: Others
}

export interface Others {
  /** How many they are; the stores' own `(other)`, of members beyond theirs, counts as one. */
  readonly members: number
  /** Whether they are one member of the answer, `(other)`. Otherwise they are left out: numbers of users and percentiles do not add up. */
  readonly together: boolean
}
