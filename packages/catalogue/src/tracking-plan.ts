/** What a property holds. One property name has one type across a product, since the warehouse has one column for it. */
export type PropertyType = 'string' | 'integer' | 'number' | 'boolean'

/** How personal a value may be: `public` may be shown to anyone, `internal` to the team, `sensitive` to those with a right of their own. */
export type PrivacyClass = 'public' | 'internal' | 'sensitive'

/**
 * What becomes of events that violate the plan. `reject`: they are refused. `quarantine`: they are kept aside and not counted. `accept`: what
 * the plan knows of them is stored and counted, and the rest is dropped.
 */
export const ON_VIOLATION = ['reject', 'quarantine', 'accept'] as const
export type OnViolation = (typeof ON_VIOLATION)[number]

/** A property as one event kind declares it. */
export interface Property {
  readonly name: string
  readonly type: PropertyType
  readonly required: boolean
  readonly description: string
  /** How its name reads to people; where absent, its name with spaces. */
  readonly title?: string
  /** How its values read to people, by value. */
  readonly titles?: Readonly<Record<string, string>>
  readonly privacy: PrivacyClass
  /**
   * What happens to personal data and secrets in a free text. Absent: the event is refused. `scrub`: each such part is replaced by its
   * kind. `hash`: a keyed hash of the whole value is stored.
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
  /** Further columns of the view: a property under another name, or what is the same for every event. */
  readonly viewColumns?: ReadonlyMap<string, { readonly property: string } | { readonly value: string | number | boolean }>
  /** `required`: an event without `user_id` is rejected. Collected samples have none. */
  readonly user: 'required' | 'optional'
  /** Days for which the warehouse keeps the kind's events. Absent: as long as any. */
  readonly retentionDays?: number
  /** The kind's own properties and the plan's common ones, by name. */
  readonly properties: ReadonlyMap<string, Property>
  /** Absent for the plan's. */
  readonly onViolation?: OnViolation
}

/** A column of the wide `events` table that a property fills. */
export interface Column {
  readonly name: string
  readonly type: PropertyType
  /** Whether the values come from short lists, so that a dictionary pays. */
  readonly lowCardinality: boolean
}

/** Properties that any event kind declares as sensitive: only callers with the right to them may be shown their values. */
export function sensitiveProperties({ events }: Pick<TrackingPlan, 'events'>): ReadonlySet<string> {
  const declared = [...events.values()].flatMap(({ properties }) => [...properties.values()])
  return new Set(declared.filter(({ privacy }) => privacy === 'sensitive').map(({ name }) => name))
}

export interface TrackingPlan {
  readonly events: ReadonlyMap<string, EventKind>
  /** Every property of any event, in a fixed order (by name). */
  readonly columns: readonly Column[]
  /** Of events that the plan does not have, and of kinds without one of their own. Absent for `reject`. */
  readonly onViolation?: OnViolation
}

/**
 * What becomes of an event that violates the plan.
 * @param ofKey the write key's own mode, which goes before the plan's
 */
export function violationMode(plan: TrackingPlan, event: string, ofKey?: OnViolation): OnViolation {
  return ofKey ?? plan.events.get(event)?.onViolation ?? plan.onViolation ?? 'reject'
}

/** A condition on a row: all listed must hold. */
export interface Filter {
  readonly property: string
  readonly op: 'in' | 'not_in' | 'at_least' | 'at_most' | 'exists'
  /** One or more for `in` and `not_in`; one boolean for `exists`; exactly one number for the others. */
  readonly values: readonly (string | number | boolean)[]
}
