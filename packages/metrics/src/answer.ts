import type { Period } from '@northstar/catalogue'
import type { Status, Unit } from './metric.ts'

/** A value of a breakdown's property; null for events without the property. */
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
   * The distance from the target, positive on the good side: a fraction of the target; for ratios and a target of 0 the difference.
   * Absent without enough data.
   */
  readonly distance?: number
}

export interface SeriesPoint {
  /** RFC 3339; `to` excluded. */
  readonly from: string
  readonly to: string
  /** Whether the whole period is within the question's span and has ended. */
  readonly complete: boolean
  readonly by?: Readonly<Record<string, Member>>
  /** Null if nothing was measured. A count of no events is 0. */
  readonly value: number | null
  readonly sample: number
  readonly target?: TargetAnswer
  /** The value of the period that the question compares with; of a cohort that of the preceding cohort at the same offset. */
  readonly previous: number | null
  /** The change from the previous value: a fraction of it; for ratios the difference. Absent without a comparison. */
  readonly change?: number | null
  /** The 95% interval of the difference from another release at the same age; absent without enough data. */
  readonly interval?: readonly [low: number, high: number]
}

export interface CohortPoint extends SeriesPoint {
  /** The first day of the cohort's period. `from` and `to` are those of the period `offset` later. */
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
  /** The members beyond the question's limit; absent without any. */
  readonly others?: Others
}

export interface Others {
  /** Their number. The stores' own `(other)`, of members beyond the stores' limits, counts as one. */
  readonly members: number
  /** Whether they are added up in the member `(other)`. Otherwise they are left out, such as numbers of users and percentiles, which do not add up. */
  readonly together: boolean
}
