import type { TrackingPlan } from './tracking-plan.ts'

/** `product.yaml`. */
export interface Product {
  /** Lower-case word; part of the names of the log's topic and the counters' keys. */
  readonly name: string
  readonly title: string
  /** IANA time zone of the calendar. */
  readonly timezone: string
  /** The launch day, `YYYY-MM-DD` in the zone: weeks are counted from it. */
  readonly launch: string
}

/** The periods of a product's calendar, from the shortest. */
export const CALENDAR_PERIODS = ['hour', 'day', 'week', 'calendar_week', 'month', 'quarter', 'year'] as const
export type CalendarPeriod = (typeof CALENDAR_PERIODS)[number]

/** A period of the calendar, or `total`: the whole requested span. */
export type Period = CalendarPeriod | 'total'

/** A span of time, epoch milliseconds; `to` is exclusive. */
export interface PeriodSpan {
  readonly from: number
  readonly to: number
}

/** The declarations of every product; each {@link Section} of the folder adds its own value. */
export interface Catalogue {
  readonly product: Product
  readonly plan: TrackingPlan
}
