import type { FieldProblem, Filter, Period, PeriodSpan, TrackingPlan } from '@northstar/catalogue'
import type { Aggregate } from '@northstar/live-counters'
import type * as z from 'zod'
import type { Unit } from './metric.ts'
import type { Params } from './params.ts'

/** The traits of every kind. Other code asks these traits and names no kind. */
export interface KindTraits<D = unknown> {
  readonly description: string
  /** The kind's own fields in `metrics.yaml`, beside those of every metric. */
  readonly fields: z.ZodRawShape
  /** The mistakes that show only against the tracking plan. `definition` is the output of the fields. */
  check(definition: D, plan: TrackingPlan): readonly FieldProblem[]
  /** The properties by which the metric can be broken down and filtered. */
  dimensions(definition: D, plan: TrackingPlan): readonly string[]
  /** The properties only filter; there is no breakdown. */
  readonly filtersOnly?: boolean
  /** Further names under `target.by`, such as the segments of users. */
  readonly targetDimensions?: readonly string[]
  /**
   * How further events move a value. `rises`: they only raise it, as a count. `stands`: it stands until an event changes it, as a number
   * of open items. Absent: they may move it either way.
   */
  readonly trend?: 'rises' | 'stands'
  /** The value of a running period is smaller than that of a whole one, so it is not behind its target yet. */
  readonly accumulates?: boolean
  /** A breakdown may be published beside the whole, by a property that every event has. */
  readonly publishesBreakdowns?: boolean
  /** The percentile that the value is, 0 to 100. */
  percentile?(definition: D): number
  /** A ratio of this kind is a proportion: its sample is how many could have been counted above the line. */
  readonly proportion?: boolean
  /** The event kinds that are read however old they are: they are kept beyond the retention of events. */
  durableEvents?(definition: D): readonly string[]
  /** The only event kinds that change the value. Absent: any may. */
  readsEvents?(definition: D): readonly string[]
  /** How long after the end of a period its value may still change, ms. Absent: not at all. */
  settlesAfter?(definition: D): number
  /** The units that a value of the kind can have. Absent: any. */
  readonly units?: readonly Unit[]
}

/** A value with what it rests on: the denominator of a ratio, the observations of a percentile. */
export interface Cell {
  /** Null where nothing was measured. */
  readonly value: number | null
  readonly sample: number
}

/** An aggregate over one span, from either source. */
export interface Measured {
  /** Events; of `sum` and `percentiles` the events that carry the number. */
  readonly count: number
  /** For `sum`: the double nearest to the exact sum. */
  readonly sum: number
  /** For `unique`: the number of different ids. */
  readonly unique: number
  /** For `percentiles`: the value at the rank, only at the levels that the kind has named. */
  quantile(level: number): number | null
}

/** The same as SQL expressions, and {@link Cell} made of them. */
export interface MeasuredSql {
  readonly count: string
  readonly sum: string
  readonly unique: string
  quantile(level: number): string
}

export interface CellSql {
  readonly value: string
  readonly sample: string
}

/** Something to count; the metric's own filters, the caller's and the breakdown are added to it. */
export type Part = Omit<Aggregate, 'by'>

/**
 * A kind whose value is made of aggregates: it is computed from live counters and from the warehouse by the same code. A part
 * is broken down and filtered only by what all its events declare, so an error rate by type divides by all commands.
 */
export interface CountedKind<D = unknown> extends KindTraits<D> {
  readonly source: 'counted'
  parts(definition: D): readonly Part[]
  /** The quantiles that {@link value} asks for. */
  levels?(definition: D): readonly number[]
  value(definition: D, parts: readonly Measured[]): Cell
  /** {@link value} in SQL, for the metric's view. */
  sql(definition: D, parts: readonly MeasuredSql[]): CellSql
}

/** The request to a kind with a query of its own. */
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
  /** The time of the question as SQL, epoch ms: until then a running period has been measured. */
  now(): string
  readonly params: Params
}

/** A row of such a query's answer. */
export interface CellRow {
  /** Where the span begins, epoch ms; `BEFORE_FIRST` for a row that lies before the first one. */
  readonly span: number
  /** The member of the kind's own breakdown; absent without one. */
  readonly part?: string
  /** The member of the property that was asked for, as text; absent without one. */
  readonly member?: string | null
  readonly value: number | null
  readonly sample: number
}

export interface IntrinsicBreakdown {
  readonly name: string
  /** In the order in which they are shown. */
  readonly members: readonly string[]
  /** The members are steps that users pass one after the other. */
  readonly ordered?: boolean
}

/** A kind that needs more than adding up: its own query, from the warehouse alone. */
export interface QueriedKind<D = unknown> extends KindTraits<D> {
  readonly source: 'queried'
  /** SQL that returns {@link CellRow}s. */
  query(definition: D, context: QueryContext): string
  /** The value of a span without a row. */
  readonly empty: Cell
  /** A span without a row keeps the value of the one before it, or value and sample. */
  readonly carries?: 'value' | 'cell'
  /** The breakdown that the kind makes by itself, such as segments. A breakdown by a property comes beside it. */
  intrinsic?(definition: D): IntrinsicBreakdown | undefined
  /** The most periods of a question; absent where the cost does not grow with them. */
  readonly spansAtMost?: number
}

/** A row of a cohort query's answer. */
export interface CohortRow {
  /** Where the cohort's span begins, epoch ms. */
  readonly cohort_from: number
  readonly offset: number
  /** The member of the property that was asked for, as text: what the user's first event says. */
  readonly member?: string | null
  readonly users: number
}

/** A kind whose answer is a matrix of cohorts and the periods since. */
export interface CohortKind<D = unknown> extends KindTraits<D> {
  readonly source: 'cohorts'
  /** SQL that returns {@link CohortRow}s; offset 0 holds the whole cohort. */
  query(definition: D, context: QueryContext): string
  /** The last offset to show. */
  offsets(definition: D): number
}

export type MetricKind = CountedKind | QueriedKind | CohortKind
