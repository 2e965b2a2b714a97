import type { AlertRule } from './alert-rules.ts'
import type { Notifying } from './channels.ts'
import type { Dashboard } from './dashboard-file.ts'
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
  /** `alerts.yaml`; empty without the file. */
  readonly rules: readonly AlertRule[]
  /** `channels.yaml`, without the channels whose secrets are missing; absent without the file. */
  readonly notifying?: Notifying
  /** `dashboard.yaml`; without the file every metric in the order of the levels. */
  readonly dashboard: Dashboard
  // reports join here
}

/** How good a value is: `ahead` of its target, `on_target`, `behind`, or `off` (past the maximum allowed). */
export type Status = 'ahead' | 'on_target' | 'behind' | 'off'

export interface Target {
  readonly value: number
  readonly direction: 'at_least' | 'at_most'
  /** Past this the status is `off`. */
  readonly maxAllowed?: number
}

/** A metric's targets: which one counts depends on the period and the member of a breakdown. */
export interface Targets {
  /** Whatever the period. */
  readonly any?: Target
  /** For every period of a kind. */
  readonly periods: ReadonlyMap<Period, Target>
  /** For single weeks from the launch, by number (1 is the launch's). */
  readonly weeks: ReadonlyMap<number, Target>
  /** For the whole of the weeks, from the launch to the end of the last one. */
  readonly total?: Target
  /** By property, then by its value as text. Also by `offset` of a retention and `segment` of users. */
  readonly by: ReadonlyMap<string, ReadonlyMap<string, Target>>
}

/** Where a metric stands in the hierarchy. */
export type Level = 'north_star' | 'kpi' | 'supporting'

/** What all metrics have; `kind` and its own fields come beside it (see the kinds in packages/metrics). */
export interface Metric {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly unit: Unit
  readonly kind: string
  /** The breakdowns that are kept at hand; any other declared property can be asked of the warehouse. */
  readonly by: readonly string[]
  readonly where: readonly Filter[]
  /** The kind's own fields, as its schema gave them. */
  readonly definition: unknown
  readonly level: Level
  /** Whether it foretells (leading) or confirms (lagging) the north star. */
  readonly indicator?: 'leading' | 'lagging'
  readonly owner?: string
  /** Why it matters. */
  readonly why?: string
  /** May be shown to anyone. */
  readonly public: boolean
  readonly targets?: Targets
  /** A value to reach by a day. */
  readonly goal?: { readonly value: number; readonly date: string }
}

export const UNITS = ['count', 'ratio', 'ms', 'kB', 'bytes', 'hours', 'per_user', 'number'] as const
export type Unit = (typeof UNITS)[number]
