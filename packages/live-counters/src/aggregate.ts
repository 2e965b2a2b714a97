import type { Filter } from '@northstar/catalogue'

/**
 * Defines one count. Two aggregates with the same {@link aggregateKey} are equal. Sums are exact. `sum` also counts its values and
 * `unique` its events: these counts tell which members exist.
 */
export interface Aggregate {
  readonly kind: 'count' | 'sum' | 'unique' | 'percentiles'
  /** The event kinds that count; empty means any. */
  readonly events: readonly string[]
  /**
   * The number summed or measured; for `unique`, `user_id` or `session_id`. Absent for `count`. Events without it (or with an empty id) are not counted.
   */
  readonly of?: string
  readonly where: readonly Filter[]
  /**
   * The aggregate is also counted for each value of this property. Events without the property are counted as a separate member. The number of
   * values is limited only for each hour, so name properties with few values.
   */
  readonly by?: string
}

/** A span of event time in epoch milliseconds. `to` is excluded. */
export interface Window {
  readonly from: number
  readonly to: number
}
