import type { Filter, TrackingPlan } from './tracking-plan.ts'

/** `product.yaml`. */
export interface Product {
  /** Lower-case word: names the log's topic, the counters' keys and the pseudonyms' key. */
  readonly name: string
  readonly title: string
  /** IANA zone, in which days begin. */
  readonly timezone: string
  /** The launch day, `YYYY-MM-DD` in the zone: weeks are counted from it. */
  readonly launch: string
}

export type Period = 'hour' | 'day' | 'week' | 'calendar_week' | 'month' | 'total'

/** A span of time with its place in the calendar, epoch milliseconds, `to` excluded. */
export interface PeriodSpan {
  readonly from: number
  readonly to: number
}

/** One product, read from its folder and checked. */
export interface Catalogue {
  readonly product: Product
  readonly plan: TrackingPlan
  readonly metrics: ReadonlyMap<string, Metric>
  // alert rules, channels, dashboard and reports join here
}

/** How good a value is: `ahead` of its target, `on_target`, `behind`, or `off` (past the maximum allowed). */
export type Status = 'ahead' | 'on_target' | 'behind' | 'off'

export interface Target {
  readonly value: number
  readonly direction: 'at_least' | 'at_most'
  /** Past this the status is `off`. */
  readonly maxAllowed?: number
}

/** What all metrics have; `kind` and its own fields come beside it (see the kinds in packages/metrics). */
export interface Metric {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly unit: 'count' | 'ratio' | 'ms' | 'kB' | 'hours' | 'bytes' | 'per_user'
  readonly kind: string
  readonly by: readonly string[]
  readonly where: readonly Filter[]
}
