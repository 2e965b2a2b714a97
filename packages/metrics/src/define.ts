import type { FieldProblem, TrackingPlan } from '@northstar/catalogue'
import type * as z from 'zod'
import type {
  Cell,
  CellSql,
  CohortKind,
  CountedKind,
  IntrinsicBreakdown,
  KindTraits,
  Measured,
  MeasuredSql,
  Part,
  QueriedKind,
  QueryContext,
} from './kind.ts'

type Definition<F extends z.ZodRawShape> = z.output<z.ZodObject<F>>

interface Described<F extends z.ZodRawShape>
  extends Pick<KindTraits, 'description' | 'trend' | 'accumulates' | 'units' | 'publishesBreakdowns' | 'proportion'> {
  readonly fields: F
  readonly check: (definition: Definition<F>, plan: TrackingPlan) => readonly FieldProblem[]
  readonly dimensions: (definition: Definition<F>, plan: TrackingPlan) => readonly string[]
  readonly targetDimensions?: readonly string[]
  readonly filtersOnly?: boolean
  readonly percentile?: (definition: Definition<F>) => number
  readonly settlesAfter?: (definition: Definition<F>) => number
  readonly durableEvents?: (definition: Definition<F>) => readonly string[]
  readonly readsEvents?: (definition: Definition<F>) => readonly string[]
}

// A kind is written against the type that its fields give, and registered against `unknown`: the catalogue has checked the
// definition with these very fields.
const typed = <F extends z.ZodRawShape>(definition: unknown) => definition as Definition<F>

const described = <F extends z.ZodRawShape>(kind: Described<F>) => ({
  description: kind.description,
  fields: kind.fields,
  ...(kind.targetDimensions && { targetDimensions: kind.targetDimensions }),
  ...(kind.filtersOnly && { filtersOnly: true }),
  ...(kind.trend && { trend: kind.trend }),
  ...(kind.accumulates && { accumulates: true }),
  ...(kind.publishesBreakdowns && { publishesBreakdowns: true }),
  ...(kind.percentile && { percentile: (definition: unknown) => kind.percentile?.(typed<F>(definition)) ?? Number.NaN }),
  ...(kind.settlesAfter && { settlesAfter: (definition: unknown) => kind.settlesAfter?.(typed<F>(definition)) ?? 0 }),
  ...(kind.durableEvents && { durableEvents: (definition: unknown) => kind.durableEvents?.(typed<F>(definition)) ?? [] }),
  ...(kind.readsEvents && { readsEvents: (definition: unknown) => kind.readsEvents?.(typed<F>(definition)) ?? [] }),
  ...(kind.units && { units: kind.units }),
  ...(kind.proportion && { proportion: true }),
  check: (definition: unknown, plan: TrackingPlan) => kind.check(typed<F>(definition), plan),
  dimensions: (definition: unknown, plan: TrackingPlan) => kind.dimensions(typed<F>(definition), plan),
})

export function countedKind<F extends z.ZodRawShape>(
  kind: Described<F> & {
    readonly parts: (definition: Definition<F>) => readonly Part[]
    readonly levels?: (definition: Definition<F>) => readonly number[]
    readonly value: (definition: Definition<F>, parts: readonly Measured[]) => Cell
    readonly sql: (definition: Definition<F>, parts: readonly MeasuredSql[]) => CellSql
  },
): CountedKind {
  return {
    source: 'counted',
    ...described(kind),
    parts: definition => kind.parts(typed<F>(definition)),
    levels: definition => kind.levels?.(typed<F>(definition)) ?? [],
    value: (definition, parts) => kind.value(typed<F>(definition), parts),
    sql: (definition, parts) => kind.sql(typed<F>(definition), parts),
  }
}

export function queriedKind<F extends z.ZodRawShape>(
  kind: Described<F> & {
    readonly query: (definition: Definition<F>, context: QueryContext) => string
    readonly empty: Cell
    readonly carries?: QueriedKind['carries']
    readonly intrinsic?: (definition: Definition<F>) => IntrinsicBreakdown | undefined
    readonly spansAtMost?: number
  },
): QueriedKind {
  return {
    source: 'queried',
    ...described(kind),
    empty: kind.empty,
    ...(kind.carries && { carries: kind.carries }),
    ...(kind.spansAtMost && { spansAtMost: kind.spansAtMost }),
    query: (definition, context) => kind.query(typed<F>(definition), context),
    intrinsic: definition => kind.intrinsic?.(typed<F>(definition)),
  }
}

export function cohortKind<F extends z.ZodRawShape>(
  kind: Described<F> & {
    readonly query: (definition: Definition<F>, context: QueryContext) => string
    readonly offsets: (definition: Definition<F>) => number
  },
): CohortKind {
  return {
    source: 'cohorts',
    ...described(kind),
    query: (definition, context) => kind.query(typed<F>(definition), context),
    offsets: definition => kind.offsets(typed<F>(definition)),
  }
}

/** A fraction of two numbers; null of nothing. */
export const fraction = (numerator: number, denominator: number): Cell => ({
  value: denominator > 0 ? numerator / denominator : null,
  sample: denominator,
})

/** The unit that a part counts: different ids, or events. */
export const amount = (part: Part | undefined, measured: Measured | undefined) =>
  (part?.kind === 'unique' ? measured?.unique : measured?.count) ?? 0

/** {@link fraction} in SQL; an expression that is absent is nothing. */
export const fractionSql = (numerator = '0', denominator = '0'): CellSql => ({
  value: `if(${denominator} > 0, ${numerator} / ${denominator}, NULL)`,
  sample: denominator,
})

/** {@link amount} in SQL. */
export const amountSql = (part: Part, measured: MeasuredSql | undefined) => (part.kind === 'unique' ? measured?.unique : measured?.count)
