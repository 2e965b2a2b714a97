import {
  type EventKind,
  type FieldProblem,
  type Filter,
  nearest,
  oneOf,
  type TrackingPlan,
  whereProblems,
  whereSchema,
} from '@northstar/catalogue'
import * as z from 'zod'
import type { Part } from './kind.ts'

const eventName = z.string().min(1)

/** One event kind or several. */
export const eventsField = z.union([eventName, z.array(eventName).min(1)]).transform(given => (Array.isArray(given) ? given : [given]))

export const userOrSession = z.enum(['user_id', 'session_id'])

/** One thing to count within a ratio: the events, or the different users or sessions that they come from. */
export const partField = z.strictObject({
  events: eventsField.optional().describe('The event kinds. Default: any.'),
  unique: userOrSession.optional().describe('Count different users or sessions rather than events.'),
  where: whereSchema.default([]),
})

export type PartField = z.output<typeof partField>

export const partOf = (field: PartField): Part => ({
  kind: field.unique ? 'unique' : 'count',
  events: field.events ?? [],
  ...(field.unique && { of: field.unique }),
  where: field.where,
})

/** The properties that every event kind of a plan declares. Computed once for a plan. */
const common = new WeakMap<TrackingPlan, readonly string[]>()

/** The properties that all of these kinds declare (every kind of the plan where the list is empty), without the sensitive ones. */
export function dimensionsOf(events: readonly string[], plan: TrackingPlan): readonly string[] {
  if (events.length > 0) return sharedBy(events.flatMap(name => plan.events.get(name) ?? []))
  const known = common.get(plan) ?? sharedBy([...plan.events.values()])
  common.set(plan, known)
  return known
}

function sharedBy(kinds: readonly EventKind[]): readonly string[] {
  const [first, ...others] = kinds
  if (!first) return []
  return [...first.properties.values()]
    .filter(property => property.privacy !== 'sensitive' && others.every(kind => kind.properties.has(property.name)))
    .map(property => property.name)
}

export function checkEvents(path: readonly (string | number)[], events: readonly string[], plan: TrackingPlan): readonly FieldProblem[] {
  return events.flatMap(name => {
    if (plan.events.has(name)) return []
    return [{ path, message: `the tracking plan has no event "${name}"`, nearest: nearest(name, plan.events.keys()) }]
  })
}

/** The property must be declared by every one of the events; `numeric` asks for a number. */
export function checkProperty(
  path: readonly (string | number)[],
  property: string,
  events: readonly string[],
  plan: TrackingPlan,
  numeric: boolean,
): readonly FieldProblem[] {
  return events.flatMap((name): FieldProblem[] => {
    const kind = plan.events.get(name)
    if (!kind) return []
    const declared = kind.properties.get(property)
    const fits = (type: string) => !numeric || type === 'integer' || type === 'number'
    if (declared && fits(declared.type)) return []
    const valid = [...kind.properties.values()].filter(p => fits(p.type)).map(p => p.name)
    const expected = oneOf(valid, valid.length)
    if (declared) return [{ path, message: `${property} is of type ${declared.type}, expected a number: ${expected}` }]
    return [{ path, message: `${name} has no property "${property}", expected ${expected}`, nearest: nearest(property, valid) }]
  })
}

export function checkPart(path: readonly (string | number)[], part: PartField, plan: TrackingPlan): readonly FieldProblem[] {
  const events = checkEvents([...path, 'events'], part.events ?? [], plan)
  if (events.length > 0) return events
  return checkWhere([...path, 'where'], part.where, part.events ?? [], plan)
}

/** The filters may name properties that all of the events declare. */
export const checkWhere = (path: readonly (string | number)[], where: readonly Filter[], events: readonly string[], plan: TrackingPlan) =>
  whereProblems(where, dimensionsOf(events, plan), plan).map((problem): FieldProblem => ({ ...problem, path: [...path, ...problem.path] }))

export interface OfEvents {
  readonly events: readonly string[]
}

/** The check and the dimensions of a kind that reads the events of its field `events`. */
export const eventsTraits = {
  check: ({ events }: OfEvents, plan: TrackingPlan) => checkEvents(['events'], events, plan),
  dimensions: ({ events }: OfEvents, plan: TrackingPlan) => dimensionsOf(events, plan),
}

/** The check and the dimensions of a kind that reads one property of its events, named by a field. */
export const propertyTraits = <F extends string>(field: F, numeric: boolean) => ({
  ...eventsTraits,
  check: (given: OfEvents & Readonly<Record<F, string>>, plan: TrackingPlan) => [
    ...eventsTraits.check(given, plan),
    ...checkProperty([field], given[field], given.events, plan, numeric),
  ],
})

/** The fields, the check and the dimensions of a kind that reads one number of its events. */
export const numberTraits = {
  ...propertyTraits('of', true),
  fields: { events: eventsField.describe('The event kinds that carry the number.'), of: z.string().describe('The property.') },
}
