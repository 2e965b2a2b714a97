/** The type of a property. A property name has one type across a product, since the warehouse has one column for it. */
export type PropertyType = 'string' | 'integer' | 'number' | 'boolean'

/** Who may see a value: `public` anyone, `internal` the team, `sensitive` callers with the right `sensitive`. */
export type PrivacyClass = 'public' | 'internal' | 'sensitive'

/**
 * Treatment of events that violate the plan. `reject`: they are refused. `quarantine`: they are kept apart and not counted. `accept`: they are
 * stored and counted without the violating properties.
 */
export const ON_VIOLATION = ['reject', 'quarantine', 'accept'] as const
export type OnViolation = (typeof ON_VIOLATION)[number]

/** A property of one event kind. */
export interface Property {
  readonly name: string
  readonly type: PropertyType
  readonly required: boolean
  readonly description: string
  /** Display name; absent: the name with spaces. */
  readonly title?: string
  /** Display names of values. */
  readonly titles?: Readonly<Record<string, string>>
  readonly privacy: PrivacyClass
  /**
   * Treatment of personal data and secrets in a free text. Absent: the event is refused. `scrub`: each such part is replaced by its kind.
   * `hash`: a keyed hash of the whole value is stored.
   */
  readonly personalData?: 'scrub' | 'hash'
  /** The only values allowed (strings). */
  readonly values?: readonly string[]
  /** Bounds of a number, inclusive. */
  readonly min?: number
  readonly max?: number
  /** The longest string allowed, in characters. */
  readonly maxLength?: number
}

export interface EventKind {
  readonly name: string
  readonly description: string
  /** The view that analysts query, `database.table`. */
  readonly view: string
  /** Further columns of the view: a property under another name, or a constant. */
  readonly viewColumns?: ReadonlyMap<string, { readonly property: string } | { readonly value: string | number | boolean }>
  /** `required`: an event without `user_id` is rejected. Collected samples have none. */
  readonly user: 'required' | 'optional'
  /** Days for which the warehouse keeps the kind's events. Absent: the installation's retention. */
  readonly retentionDays?: number
  /** The kind's own properties and the plan's common ones, by name. */
  readonly properties: ReadonlyMap<string, Property>
  /** Absent: the plan's mode. */
  readonly onViolation?: OnViolation
}

/** The column of a property in the wide `events` table. */
export interface Column {
  readonly name: string
  readonly type: PropertyType
  /** Whether the column has few different values, so that a dictionary is smaller. */
  readonly lowCardinality: boolean
}

/** Properties that any event kind declares as sensitive. */
export function sensitiveProperties({ events }: Pick<TrackingPlan, 'events'>): ReadonlySet<string> {
  const declared = [...events.values()].flatMap(({ properties }) => [...properties.values()])
  return new Set(declared.filter(({ privacy }) => privacy === 'sensitive').map(({ name }) => name))
}

export interface TrackingPlan {
  readonly events: ReadonlyMap<string, EventKind>
  /** Every property of any event, in a fixed order (by name). */
  readonly columns: readonly Column[]
  /** The mode for undeclared events and for kinds without one of their own. Absent: `reject`. */
  readonly onViolation?: OnViolation
}

/**
 * The treatment of an event that violates the plan.
 * @param override the write key's mode, which takes precedence over the plan's
 */
export function violationMode(plan: TrackingPlan, event: string, override?: OnViolation): OnViolation {
  return override ?? plan.events.get(event)?.onViolation ?? plan.onViolation ?? 'reject'
}

const declarations = new WeakMap<TrackingPlan, ReadonlyMap<string, readonly Property[]>>()

/** The declarations of each property by its name, one for each event kind that has it. Computed once for a plan. */
export function declarationsOf(plan: TrackingPlan): ReadonlyMap<string, readonly Property[]> {
  const known = declarations.get(plan)
  if (known) return known
  const found = new Map<string, Property[]>()
  for (const { properties } of plan.events.values()) {
    for (const property of properties.values()) {
      const same = found.get(property.name)
      if (same) same.push(property)
      else found.set(property.name, [property])
    }
  }
  declarations.set(plan, found)
  return found
}

/** A condition on a property of an event. */
export interface Filter {
  readonly property: string
  readonly op: 'in' | 'not_in' | 'at_least' | 'at_most' | 'exists'
  /** One or more for `in` and `not_in`; one boolean for `exists`; exactly one number for the others. */
  readonly values: readonly (string | number | boolean)[]
}
