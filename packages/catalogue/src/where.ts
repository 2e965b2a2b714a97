import * as z from 'zod'
import { nearest } from './nearest.ts'
import { declarationsOf, type Filter, type Property, type TrackingPlan } from './tracking-plan.ts'

const scalar = z.union([z.string(), z.number(), z.boolean()])
const oneOrMore = z.union([scalar, z.array(scalar).min(1)])
const comparison = z
  .strictObject({
    not: oneOrMore.optional().describe('None of these values.'),
    at_least: z.number().optional().describe('This number or more.'),
    at_most: z.number().optional().describe('This number or less.'),
    exists: z.boolean().optional().describe('true: the event has the property; false: it lacks it.'),
  })
  .refine(given => Object.keys(given).length > 0, {
    error: 'expected not, at_least, at_most or exists',
    when: ({ issues }) => issues.length === 0,
  })
const condition = z.union([oneOrMore, comparison])

/** `where:` of a product file, a conjunction of conditions: a value or a list (any of them), `not`, `at_least`, `at_most`, `exists`. */
export const whereSchema = z
  .record(z.string(), condition)
  .transform(conditions => Object.entries(conditions).flatMap(([property, given]) => filters(property, given)))
  .describe(
    'Conditions on properties, all of which must hold: a value, a list of values, {not: …}, {at_least: n}, {at_most: n}, {exists: true}.',
  )

const list = (given: z.output<typeof oneOrMore>) => (Array.isArray(given) ? given : [given])

function filters(property: string, given: z.output<typeof condition>): Filter[] {
  if (typeof given !== 'object' || Array.isArray(given)) return [{ property, op: 'in', values: list(given) }]
  return [
    ...(given.not === undefined ? [] : [{ property, op: 'not_in' as const, values: list(given.not) }]),
    ...(given.at_least === undefined ? [] : [{ property, op: 'at_least' as const, values: [given.at_least] }]),
    ...(given.at_most === undefined ? [] : [{ property, op: 'at_most' as const, values: [given.at_most] }]),
    ...(given.exists === undefined ? [] : [{ property, op: 'exists' as const, values: [given.exists] }]),
  ]
}

interface FilterMistake {
  readonly message: string
  /** The values that the property has; empty unless they are listed. */
  readonly valid: readonly string[]
}

/** The message with the valid values, for a place that does not list them otherwise. */
export const mistakeText = ({ message, valid }: FilterMistake): string =>
  valid.length > 0 ? `${message}, expected one of ${valid.join(', ')}` : message

/** The mistake in a filter on a property, or undefined. */
export function filterMistake(filter: Filter, property: Property): FilterMistake | undefined {
  const { name, type } = property
  if (filter.op === 'exists') return undefined
  const numeric = type === 'integer' || type === 'number'
  if ((filter.op === 'at_least' || filter.op === 'at_most') && !numeric) {
    return { message: `${filter.op} compares numbers, but ${name} is of type ${type}`, valid: [] }
  }
  for (const value of filter.values) {
    const fits = type === 'integer' ? Number.isSafeInteger(value) : type === 'number' ? Number.isFinite(value) : typeof value === type
    if (!fits)
      return { message: `${name} is of type ${type}, which ${typeof value === 'number' ? value : JSON.stringify(value)} is not`, valid: [] }
    if (property.values && !property.values.includes(String(value))) {
      return { message: `${name} is never "${value}"`, valid: property.values }
    }
  }
  return undefined
}

/** A mistake in a part of a product file; `path` is relative to the part. */
export interface FieldProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly nearest?: string
}

/** The mistakes of conditions on properties, each at the property's name. */
export function whereProblems(where: readonly Filter[], valid: readonly string[], plan: TrackingPlan): readonly FieldProblem[] {
  return where.flatMap((filter): FieldProblem[] => {
    if (!valid.includes(filter.property)) {
      const near = nearest(filter.property, valid)
      return [
        { path: [filter.property], message: `unknown property "${filter.property}", expected one of ${valid.join(', ')}`, nearest: near },
      ]
    }
    const mistakes = (declarationsOf(plan).get(filter.property) ?? []).map(property => filterMistake(filter, property))
    // One matching declaration is enough: the property may have other values in another event.
    const mistake = mistakes.every(m => m !== undefined) ? mistakes[0] : undefined
    if (!mistake) return []
    return [{ path: [filter.property], message: mistakeText(mistake), nearest: nearest(String(filter.values[0]), mistake.valid) }]
  })
}
