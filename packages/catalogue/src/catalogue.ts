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

/** The periods of a product's calendar, from the shortest. */
export const CALENDAR_PERIODS = ['hour', 'day', 'week', 'calendar_week', 'month', 'quarter', 'year'] as const
export type CalendarPeriod = (typeof CALENDAR_PERIODS)[number]

/** A period of the calendar, or `total`: all of the span that is asked for. */
export type Period = CalendarPeriod | 'total'

/** A span of time with its place in the calendar, epoch milliseconds, `to` excluded. */
export interface PeriodSpan {
  readonly from: number
  readonly to: number
}

/** The declarations of every product; each {@link Section} of the folder adds its own value. */
export interface Catalogue {
  readonly product: Product
  readonly plan: TrackingPlan
}
