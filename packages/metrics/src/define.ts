import type * as z from 'zod'
import type { Cell, CellSql, CohortKind, CountedKind, Measured, MeasuredSql, Part, QueriedKind } from './kind.ts'

type Definition<F extends z.ZodRawShape> = z.output<z.ZodObject<F>>

/** A kind as its module declares it: with its own fields, and functions of a definition of their type. */
type Declared<F extends z.ZodRawShape, K> = Omit<K, 'source' | 'fields'> & { readonly fields: F }

// A kind is written against the type of its fields and registered against `unknown`: the catalogue has parsed the definition with these fields.

export const countedKind = <F extends z.ZodRawShape>(kind: Declared<F, CountedKind<Definition<F>>>): CountedKind => ({
  source: 'counted',
  ...kind,
})

export const queriedKind = <F extends z.ZodRawShape>(kind: Declared<F, QueriedKind<Definition<F>>>): QueriedKind => ({
  source: 'queried',
  ...kind,
})

export const cohortKind = <F extends z.ZodRawShape>(kind: Declared<F, CohortKind<Definition<F>>>): CohortKind => ({
  source: 'cohorts',
  ...kind,
})

/** A quotient and its denominator; null if that is 0. */
export const fraction = (numerator: number, denominator: number): Cell => ({
  value: denominator > 0 ? numerator / denominator : null,
  sample: denominator,
})

/** The count of a part: of different ids, or of events. */
export const amount = (part: Part | undefined, measured: Measured | undefined) =>
  (part?.kind === 'unique' ? measured?.unique : measured?.count) ?? 0

/** {@link fraction} in SQL; an absent expression is 0. */
export const fractionSql = (numerator = '0', denominator = '0'): CellSql => ({
  value: `if(${denominator} > 0, ${numerator} / ${denominator}, NULL)`,
  sample: denominator,
})

/** {@link amount} in SQL. */
export const amountSql = (part: Part, measured: MeasuredSql | undefined) => (part.kind === 'unique' ? measured?.unique : measured?.count)
