import type { FieldProblem, Filter, Period, PeriodSpan, TrackingPlan } from '@northstar/catalogue'
import type { Aggregate } from '@northstar/live-counters'
import type * as z from 'zod'
import type { Unit } from './metric.ts'
import type { Params } from './params.ts'

/** The traits of every kind. Other code asks these traits and names no kind. */
export interface KindTraits<D = unknown> {
  readonly description: string
  /** The kind's own fields in `metrics.yaml`, in addition to those of every metric. */
  readonly fields: z.ZodRawShape
  /** Returns the mistakes that only the tracking plan reveals. `definition` is the output of the fields. */
  check(definition: D, plan: TrackingPlan): readonly FieldProblem[]
  /** The properties by which the metric can be broken down and filtered. */
  dimensions(definition: D, plan: TrackingPlan): readonly string[]
  /** Whether the properties can only filter, without a breakdown. */
  readonly filtersOnly?: boolean
  /** Further names under `target.by`, such as the segments of users. */
  readonly targetDimensions?: readonly string[]
  /**
   * How further events change a value. `rises`: they can only raise it, such as a count. `stands`: it stays the same until an event changes it,
   * such as a number of open items. Absent: they may change it either way.
   */
  readonly trend?: 'rises' | 'stands'
  /** Whether the value of a running period grows until its end, so that it is not behind its target yet. */
  readonly accumulates?: boolean
  /** Whether a breakdown by a property of every event may be published together with the whole. */
  readonly publishesBreakdowns?: boolean
  /** The percentile, 0 to 100, of a kind whose value is one. */
  percentile?(definition: D): number
  /** Whether a ratio of this kind is a proportion: the numerator counts some of those that the sample counts. */
  readonly proportion?: boolean
  /** The event kinds whose events are read at any age: they are kept beyond the retention. */
  durableEvents?(definition: D): readonly string[]
  /** The only event kinds that change the value. Absent: any may. */
  readsEvents?(definition: D): readonly string[]
  /** How long after the end of a period its value may still change, ms. Absent: not at all. */
  settlesAfter?(definition: D): number
  /** The units that a value of the kind can have. Absent: any. */
  readonly units?: readonly Unit[]
}

/** A value and its sample: the denominator of a ratio, the number of observations of a percentile. */
export interface Cell {
  /** Null if nothing was measured. */
  readonly value: number | null
  readonly sample: number
}

/** An aggregate over one span, from either source. */
export interface Measured {
  /** Number of events; for `sum` and `percentiles`, of events that have the number. */
  readonly count: number
  /** For `sum`: the double nearest to the exact sum. */
  readonly sum: number
  /** For `unique`: the number of different ids. */
  readonly unique: number
  /** For `percentiles`: the value at a level that the kind names. */
  quantile(level: number): number | null
}

/** {@link Measured} as SQL expressions. */
export interface MeasuredSql {
  readonly count: string
  readonly sum: string
  readonly unique: string
  quantile(level: number): string
}

/** {@link Cell} as SQL expressions. */
export interface CellSql {
  readonly value: string
  readonly sample: string
}

/** An aggregate before the metric's filters, the question's filters and the breakdown are added. */
export type Part = Omit<Aggregate, 'by'>

/**
 * A kind whose value is computed from aggregates, by the same code from live counters and from the warehouse. A part is broken down and filtered
 * only by properties that all its events declare, so an error rate by type divides by all commands.
 */
export interface CountedKind<D = unknown> extends KindTraits<D> {
  readonly source: 'counted'
  parts(definition: D): readonly Part[]
  /** The levels of the quantiles that {@link value} reads. */
  levels?(definition: D): readonly number[]
  value(definition: D, parts: readonly Measured[]): Cell
  /** {@link value} in SQL, for the metric's view. */
  sql(definition: D, parts: readonly MeasuredSql[]): CellSql
}

/** The context in which a kind writes its query. */
export interface QueryContext {
  readonly plan: TrackingPlan
  readonly period: Period
  /** In order, without gaps. */
  readonly spans: readonly PeriodSpan[]
  /** The whole period before the first span. */
  readonly before: PeriodSpan
  readonly by?: string
  readonly where: readonly Filter[]
  readonly unit: string
  /** The product's time zone. */
  readonly timezone: string
  /** The time of the question as SQL, epoch ms. A running period is measured until then. */
  now(): string
  readonly params: Params
}

/** A row of a query's answer. */
export interface CellRow {
  /** The start of the span, epoch ms; `BEFORE_FIRST` for a row before the first span. */
  readonly span: number
  /** The member of the kind's own breakdown; absent without one. */
  readonly part?: string
  /** The value of the question's breakdown, as text; absent without one. */
  readonly member?: string | null
  readonly value: number | null
  readonly sample: number
}

export interface IntrinsicBreakdown {
  readonly name: string
  /** In the order of display. */
  readonly members: readonly string[]
  /** Whether the members are steps that users take one after the other. */
  readonly ordered?: boolean
}

/** A kind with its own query, which only the warehouse answers. */
export interface QueriedKind<D = unknown> extends KindTraits<D> {
  readonly source: 'queried'
  /** SQL that returns {@link CellRow}s. */
  query(definition: D, context: QueryContext): string
  /** The value of a span without a row. */
  readonly empty: Cell
  /** A span without a row keeps the value of the one before it, or value and sample. */
  readonly carries?: 'value' | 'cell'
  /** The kind's own breakdown, such as segments. It can be combined with a breakdown by a property. */
  intrinsic?(definition: D): IntrinsicBreakdown | undefined
  /** Maximum number of periods of a question; absent if the cost does not grow with them. */
  readonly spansAtMost?: number
}

/** A row of a cohort query's answer. */
export interface CohortRow {
  /** The start of the cohort's span, epoch ms. */
  readonly cohort_from: number
  readonly offset: number
  /** The value of the question's breakdown in the user's first event, as text. */
  readonly member?: string | null
  readonly users: number
}

/** A kind whose answer is a matrix of cohorts and the periods since their start. */
export interface CohortKind<D = unknown> extends KindTraits<D> {
  readonly source: 'cohorts'
  /** SQL that returns {@link CohortRow}s; offset 0 holds the whole cohort. */
  query(definition: D, context: QueryContext): string
  /** The last offset of the answer. */
  offsets(definition: D): number
}

export type MetricKind = CountedKind | QueriedKind | CohortKind
