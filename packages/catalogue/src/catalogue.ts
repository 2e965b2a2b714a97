import type { TrackingPlan } from './tracking-plan.ts'

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

/** What every product declares; each {@link Section} of the folder adds its own value. */
export interface Catalogue {
  readonly product: Product
  readonly plan: TrackingPlan
}
