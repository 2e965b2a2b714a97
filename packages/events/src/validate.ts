import { type EventKind, nearest, type Property, RESERVED_NAMES, SENT_FIELDS, type TrackingPlan } from '@northstar/catalogue'
import type { Scalar } from './block/column-builders.ts'
import { EventDraft } from './event-draft.ts'
import { NO_KEY } from './key.ts'
import type { Pseudonyms } from './privacy.ts'
import { compileProperty, type PropertyCheck, typeName, wrongType } from './property-check.ts'
import { type Rejection, reject, rejectLazily } from './rejection.ts'
import { parseRfc3339 } from './time.ts'

export const MAX_ID_LENGTH = 128
/** How far ahead of arrival an event's time may be. */
export const FUTURE_LIMIT_MS = 5 * 60_000
const DAY_MS = 86_400_000

export interface ValidatorOptions {
  /** How old an event may be, ms, unless its kind says less: what the warehouse's retention would delete is refused. */
  readonly maxAgeMs: number
  /** What takes the place of user and session ids, and of properties that the plan says to hash. */
  readonly pseudonyms: Pseudonyms
}

/** What is the same for all events of a body. */
export interface Arrival {
  /** Our clock when the body arrived, epoch ms. */
  readonly receivedAt: number
  /** What to add to the events' times, in ms: see `clockSkew`. */
  readonly skew: number
}

export interface Validator {
  /** The event that {@link check} accepted last. */
  readonly draft: EventDraft
  /** Returns why the event is rejected, or null; then it is in {@link draft} until the next check. */
  check(event: unknown, arrival: Arrival): Rejection | null
}

interface CompiledProperty {
  readonly property: Property
  /** The column's place in the plan. */
  readonly place: number
  readonly check: PropertyCheck
}

interface CompiledKind {
  readonly kind: EventKind
  readonly maxAgeMs: number
  readonly properties: ReadonlyMap<string, CompiledProperty>
  readonly required: readonly CompiledProperty[]
  /** The message about a property that the kind does not have. */
  readonly suggest: (name: string) => string
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Compiles the check of native events against a tracking plan: an event of unknown shape is rejected for the first thing that is wrong with
 * it, or its declared columns are set in the draft.
 */
export function compileValidator(plan: TrackingPlan, options: ValidatorOptions): Validator {
  const { pseudonyms } = options
  const draft = new EventDraft(plan.columns)
  const places = new Map(plan.columns.map(({ name }, place) => [name, place]))
  const kinds = new Map([...plan.events].map(([name, kind]) => [name, compileKind(kind, places, options)]))
  const suggestEvent = createSuggestions('event', [...kinds.keys()])

  function check(event: unknown, arrival: Arrival): Rejection | null {
    if (typeof event !== 'object' || event === null || Array.isArray(event))
      return reject('wrong_type', null, `an event must be an object, not ${typeName(event)}`)
    const fields = event as Fields
    const named = fields.event !== undefined
    const name = named ? fields.event : fields.event_type
    if (typeof name !== 'string') {
      if (name === undefined || name === null)
        return reject('missing_field', 'event', 'event is missing: name one of the tracking plan’s events')
      return reject('wrong_type', 'event', `event must be a string, not ${typeName(name)}`)
    }
    const compiled = kinds.get(name)
    if (compiled === undefined) return rejectLazily('unknown_event', 'event', () => suggestEvent(name))

    const { id, user_id: user, session_id: session } = fields
    const badId = checkId('id', id) ?? checkId('user_id', user) ?? checkId('session_id', session)
    if (badId !== null) return badId
    if ((user === undefined || user === null || user === '') && compiled.kind.user === 'required')
      return reject('missing_field', 'user_id', `user_id is missing: ${name} needs one`)

    const { receivedAt } = arrival
    const time = timeOf(fields.timestamp, arrival)
    if (typeof time !== 'number') return time
    if (time > receivedAt + FUTURE_LIMIT_MS)
      return reject(
        'future_timestamp',
        'timestamp',
        'timestamp is more than 5 minutes ahead: check the sender’s clock, or send sent_at so that it can be corrected',
      )
    if (time < receivedAt - compiled.maxAgeMs)
      return reject(
        'too_old',
        'timestamp',
        `timestamp is more than ${Math.floor(compiled.maxAgeMs / DAY_MS)} days ago, and such events are not kept; a number must be in milliseconds`,
      )

    draft.begin(name)
    draft.id = typeof id === 'string' ? id : ''
    draft.timestamp = time
    draft.receivedAt = receivedAt
    draft.user = typeof user === 'string' ? pseudonyms.user(user) : NO_KEY
    draft.session = typeof session === 'string' ? pseudonyms.session(session) : NO_KEY
    const properties = fields.properties
    if (properties !== undefined && properties !== null) {
      if (typeof properties !== 'object' || Array.isArray(properties))
        return reject('wrong_type', 'properties', `properties must be an object, not ${typeName(properties)}`)
      const bad = takeProperties(draft, compiled, properties as Fields)
      if (bad !== null) return bad
    }
    const bad = takeTopLevel(draft, compiled, fields, named)
    if (bad !== null) return bad
    for (const { property, place } of compiled.required) {
      if (!draft.has(place)) return reject('missing_field', property.name, `${property.name} is missing: ${name} needs it`)
    }
    return null
  }

  return { draft, check }
}

function compileKind(kind: EventKind, places: ReadonlyMap<string, number>, { pseudonyms, maxAgeMs }: ValidatorOptions): CompiledKind {
  const compiled = [...kind.properties.values()].map((property): CompiledProperty => {
    const { name } = property
    const place = places.get(name)
    // Names become names of columns and of fields in tools' objects, whatever else checked them.
    if (place === undefined || !/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || name in Object.prototype || RESERVED_NAMES.has(name))
      throw new RangeError(`${kind.name}: ${name} cannot be the name of a property`)
    return { property, place, check: compileProperty(property, pseudonyms) }
  })
  const names = compiled.map(({ property }) => property.name)
  return {
    kind,
    maxAgeMs: kind.retentionDays === undefined ? maxAgeMs : Math.min(maxAgeMs, kind.retentionDays * DAY_MS),
    properties: new Map(compiled.map(one => [one.property.name, one])),
    required: compiled.filter(({ property }) => property.required),
    suggest: createSuggestions('property', names, ` of ${kind.name}`),
  }
}

function takeProperties(draft: EventDraft, compiled: CompiledKind, properties: Fields): Rejection | null {
  // Parsed JSON has own fields alone, `__proto__` included: nothing inherited is met here.
  for (const name in properties) {
    const bad = take(draft, compiled, name, properties[name])
    if (bad !== null) return bad
  }
  return null
}

function takeTopLevel(draft: EventDraft, compiled: CompiledKind, fields: Fields, named: boolean): Rejection | null {
  for (const name in fields) {
    if (SENT_FIELDS.has(name) || (!named && name === 'event_type')) continue
    const bad = take(draft, compiled, name, fields[name])
    if (bad !== null) return bad
  }
  return null
}

function take(draft: EventDraft, compiled: CompiledKind, name: string, value: unknown): Rejection | null {
  const found = compiled.properties.get(name)
  if (found === undefined) return rejectLazily('unknown_property', name.slice(0, 64), () => compiled.suggest(name))
  // null says "not measured", which is the same as leaving the field out.
  if (value === null || value === undefined) return null
  const { property, place, check } = found
  // `properties` was first, and goes before the same name beside it.
  if (draft.has(place)) return null
  if (typeof value === 'object') return wrongType(property, value)
  const checked = check(value as Scalar)
  if (typeof checked === 'object') return checked
  draft.set(place, checked)
  return null
}

function checkId(field: string, value: unknown): Rejection | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') return reject('wrong_type', field, `${field} must be a string, not ${typeName(value)}`)
  if (value.length > MAX_ID_LENGTH)
    return reject('too_long', field, `${field} has ${value.length} characters; at most ${MAX_ID_LENGTH} are allowed`)
  return null
}

function timeOf(value: unknown, { receivedAt, skew }: Arrival): number | Rejection {
  if (value === undefined || value === null) return receivedAt
  const time = typeof value === 'number' ? Math.floor(value) : typeof value === 'string' ? parseRfc3339(value) : Number.NaN
  if (Number.isFinite(time)) return time + skew
  return reject(
    'wrong_type',
    'timestamp',
    'timestamp must be an RFC 3339 time such as 2026-01-15T09:30:00Z, or a number of milliseconds since 1970',
  )
}

/** How many valid names a message lists when none is near. */
const LISTED_NAMES = 12
/** How many unknown names a suggestion is remembered for; then all are forgotten. */
const REMEMBERED_NAMES = 1_000

/** Returns a function that writes the message about an unknown name. Each distinct name is compared with the valid ones once. */
function createSuggestions(what: 'event' | 'property', valid: readonly string[], where = ''): (name: string) => string {
  const listed = valid.slice(0, LISTED_NAMES).join(', ') + (valid.length > LISTED_NAMES ? ', …' : '')
  const remembered = new Map<string, string>()
  return name => {
    // A long name is no misspelling, and comparing it costs the square of its length.
    if (name.length > 64) return `there is no such ${what}${where} in the tracking plan`
    const known = remembered.get(name)
    if (known !== undefined) return known
    const meant = nearest(name, valid)
    const remedy = meant === undefined ? `there are ${listed || 'none'}` : `did you mean ${meant}?`
    const message = `there is no ${what} ${JSON.stringify(name)}${where} in the tracking plan; ${remedy}`
    if (remembered.size >= REMEMBERED_NAMES) remembered.clear()
    remembered.set(name, message)
    return message
  }
}
