import { type EventKind, nearest, type Property, type TrackingPlan } from '@northstar/catalogue'
import type { Pseudonyms } from './privacy.ts'
import { compileProperty, type PropertyCheck, typeName, wrongType } from './property-check.ts'
import { type Rejection, reject, rejectLazily } from './rejection.ts'
import { FIXED_COLUMNS, type Row } from './row.ts'
import { parseRfc3339 } from './time.ts'

export const MAX_ID_LENGTH = 128
/** How far ahead of arrival an event's time may be. */
export const FUTURE_LIMIT_MS = 5 * 60_000

export interface ValidatorOptions {
  /** How old an event may be, ms: what the warehouse's retention would delete is refused. */
  readonly maxAgeMs: number
  /** Makes an id for an event that has none. */
  readonly makeId: () => string
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

export type Validated = { readonly ok: true; readonly row: Row } | { readonly ok: false; readonly rejection: Rejection }

export type Validator = (event: unknown, arrival: Arrival) => Validated

interface CompiledKind {
  readonly kind: EventKind
  readonly checks: ReadonlyMap<string, PropertyCheck>
  readonly required: readonly Property[]
  /** The message about a property that the kind does not have. */
  readonly suggest: (name: string) => string
}

type Fields = Readonly<Record<string, unknown>>

/** Fields of the native event that are no properties. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['event', 'id', 'timestamp', 'user_id', 'session_id', 'properties'])

/**
 * The check of native events against a tracking plan, compiled once: an event of unknown shape becomes a row of declared
 * columns, or is refused for the first thing wrong with it.
 */
export function compileValidator(plan: TrackingPlan, options: ValidatorOptions): Validator {
  const { makeId, pseudonyms, maxAgeMs } = options
  const kinds = new Map([...plan.events].map(([name, kind]) => [name, compileKind(kind, pseudonyms)]))
  const suggestEvent = createSuggestions('event', [...kinds.keys()])

  return (event, arrival) => {
    if (typeof event !== 'object' || event === null || Array.isArray(event))
      return refuse('wrong_type', null, `an event must be an object, not ${typeName(event)}`)
    const fields = event as Fields
    const named = fields.event !== undefined
    const name = named ? fields.event : fields.event_type
    if (typeof name !== 'string') {
      if (name === undefined || name === null)
        return refuse('missing_field', 'event', 'event is missing: name one of the tracking plan’s events')
      return refuse('wrong_type', 'event', `event must be a string, not ${typeName(name)}`)
    }
    const compiled = kinds.get(name)
    if (compiled === undefined) return { ok: false, rejection: rejectLazily('unknown_event', 'event', () => suggestEvent(name)) }

    const { id, user_id: user, session_id: session } = fields
    const badId = checkId('id', id) ?? checkId('user_id', user) ?? checkId('session_id', session)
    if (badId !== null) return { ok: false, rejection: badId }
    if ((user === undefined || user === null || user === '') && compiled.kind.user === 'required')
      return refuse('missing_field', 'user_id', `user_id is missing: ${name} needs one`)

    const { receivedAt } = arrival
    const time = timeOf(fields.timestamp, arrival)
    if (typeof time !== 'number') return { ok: false, rejection: time }
    if (time > receivedAt + FUTURE_LIMIT_MS)
      return refuse(
        'future_timestamp',
        'timestamp',
        'timestamp is more than 5 minutes ahead: check the sender’s clock, or send sent_at so that it can be corrected',
      )
    if (time < receivedAt - maxAgeMs)
      return refuse(
        'too_old',
        'timestamp',
        `timestamp is more than ${Math.floor(maxAgeMs / 86_400_000)} days ago, and such events are not kept; a number must be in milliseconds`,
      )

    const row: Row = {
      event: name,
      id: typeof id === 'string' && id !== '' ? id : makeId(),
      timestamp: time,
      received_at: receivedAt,
      user_id: typeof user === 'string' ? pseudonyms.user(user) : '',
      session_id: typeof session === 'string' ? pseudonyms.session(session) : '',
    }
    const properties = fields.properties
    if (properties !== undefined && properties !== null) {
      if (typeof properties !== 'object' || Array.isArray(properties))
        return refuse('wrong_type', 'properties', `properties must be an object, not ${typeName(properties)}`)
      const bad = takeProperties(row, compiled, properties as Fields)
      if (bad !== null) return { ok: false, rejection: bad }
    }
    const bad = takeTopLevel(row, compiled, fields, named)
    if (bad !== null) return { ok: false, rejection: bad }
    for (const property of compiled.required) {
      if (row[property.name] === undefined) return refuse('missing_field', property.name, `${property.name} is missing: ${name} needs it`)
    }
    return { ok: true, row }
  }
}

function compileKind(kind: EventKind, pseudonyms: Pseudonyms): CompiledKind {
  const properties = [...kind.properties.values()]
  for (const { name } of properties) {
    // A row is a plain object: a name that means something to the language, or is a fixed column, must never get there.
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || name in Object.prototype || (FIXED_COLUMNS as readonly string[]).includes(name))
      throw new RangeError(`${kind.name}: ${name} cannot be the name of a property`)
  }
  return {
    kind,
    checks: new Map(properties.map(property => [property.name, compileProperty(property, pseudonyms)])),
    required: properties.filter(property => property.required),
    suggest: createSuggestions(
      'property',
      properties.map(({ name }) => name),
      ` of ${kind.name}`,
    ),
  }
}

function takeProperties(row: Row, compiled: CompiledKind, properties: Fields): Rejection | null {
  // Parsed JSON has own fields alone, `__proto__` included: nothing inherited is met here.
  for (const name in properties) {
    const bad = take(row, compiled, name, properties[name])
    if (bad !== null) return bad
  }
  return null
}

function takeTopLevel(row: Row, compiled: CompiledKind, fields: Fields, named: boolean): Rejection | null {
  for (const name in fields) {
    if (OWN_FIELDS.has(name) || (!named && name === 'event_type')) continue
    const bad = take(row, compiled, name, fields[name])
    if (bad !== null) return bad
  }
  return null
}

function take(row: Row, compiled: CompiledKind, name: string, value: unknown): Rejection | null {
  const check = compiled.checks.get(name)
  if (check === undefined) return rejectLazily('unknown_property', name.slice(0, 64), () => compiled.suggest(name))
  // null says "not measured", which is the same as leaving the field out.
  if (value === null || value === undefined) return null
  // `properties` was first, and goes before the same name beside it.
  if (row[name] !== undefined) return null
  if (typeof value === 'object') return wrongType(compiled.kind.properties.get(name) as Property, value)
  const scalar = value as string | number | boolean
  const checked = check(scalar)
  if (typeof checked === 'object') return checked
  row[name] = checked
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

function refuse(code: Rejection['code'], field: string | null, message: string): Validated {
  return { ok: false, rejection: reject(code, field, message) }
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
