import {
  DAY_MS,
  type EventKind,
  type OnViolation,
  type Property,
  RESERVED_NAMES,
  SENT_FIELDS,
  type TrackingPlan,
} from '@northstar/catalogue'
import type { Scalar } from './block/column-builders.ts'
import { EventDraft } from './event-draft.ts'
import { scrubForbidden } from './forbidden-data.ts'
import { NO_KEY } from './key.ts'
import type { Pseudonyms } from './privacy.ts'
import { compileProperty, type PropertyCheck, typeName, wrongType } from './property-check.ts'
import { badName, findForbiddenIn, type Quarantined, type QuarantinedEvent } from './quarantine.ts'
import { type Rejection, type RejectionCode, reject, rejectLazily } from './rejection.ts'
import { createSuggestions } from './suggestions.ts'
import { parseRfc3339 } from './time.ts'

export const MAX_ID_LENGTH = 128
/** How far ahead of arrival an event's time may be. */
export const FUTURE_LIMIT_MS = 5 * 60_000

export interface ValidatorOptions {
  /** Maximum age of an event, ms, unless its kind has a shorter retention: an event that retention would delete is refused. */
  readonly maxAgeMs: number
  /** Replace user and session ids, and properties with `personal_data: hash`. */
  readonly pseudonyms: Pseudonyms
}

/** The properties of a request that apply to all its events. */
export interface Arrival {
  /** Our clock when the body arrived, epoch ms. */
  readonly receivedAt: number
  /** Added to the events' times, ms: see `clockSkew`. */
  readonly skew: number
}

export interface Validator {
  /** The last accepted event. */
  readonly draft: EventDraft
  /**
   * Returns the reason for rejecting the event, or null; then the event is in {@link draft} until the next check. Mode `accept` leaves out
   * properties that violate the plan, and the draft has the first violation. Mode `quarantine` does not apply the plan: the draft has the
   * properties as sent. In every mode personal data is refused, scrubbed or hashed, and the other fields are checked.
   */
  check(event: unknown, arrival: Arrival, mode?: OnViolation): Rejection | null
  /** Checks a quarantined event against the current plan. */
  checkQuarantined(event: QuarantinedEvent): Rejection | null
}

/** Codes of rejections that the plan may have caused: a second check, in another mode, finds out. */
export const VIOLATION_CODES: ReadonlySet<RejectionCode> = new Set([
  'unknown_event',
  'unknown_property',
  'missing_field',
  'wrong_type',
  'not_allowed',
  'out_of_range',
  'too_long',
])

interface CompiledProperty {
  readonly property: Property
  /** Index in the plan's columns. */
  readonly column: number
  readonly check: PropertyCheck
}

interface CompiledKind {
  readonly kind: EventKind
  readonly maxAgeMs: number
  readonly properties: ReadonlyMap<string, CompiledProperty>
  readonly required: readonly CompiledProperty[]
  /** Builds the message about a property that the kind does not declare. */
  readonly suggest: (name: string) => string
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Compiles the check of native events against a tracking plan. An event of unknown shape is rejected for its first fault, or its columns are
 * set in the draft.
 */
export function compileValidator(plan: TrackingPlan, options: ValidatorOptions): Validator {
  const { pseudonyms } = options
  const draft = new EventDraft(plan.columns)
  const columns = new Map(plan.columns.map(({ name }, column) => [name, column]))
  const kinds = new Map([...plan.events].map(([name, kind]) => [name, compileKind(kind, columns, options)]))
  const suggestEvent = createSuggestions('event', [...kinds.keys()])

  function check(event: unknown, arrival: Arrival, mode: OnViolation = 'reject'): Rejection | null {
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
    if (compiled === undefined && mode !== 'quarantine') return rejectLazily('unknown_event', 'event', () => suggestEvent(name))
    const bad = begin(name, fields, arrival, compiled)
    if (bad !== null) return bad
    const properties = fields.properties ?? {}
    if (typeof properties !== 'object' || Array.isArray(properties))
      return reject('wrong_type', 'properties', `properties must be an object, not ${typeName(properties)}`)
    if (mode === 'quarantine' || compiled === undefined)
      return quarantine(name, compiled, allProperties(properties as Fields, fields, named))
    draft.lenient = mode === 'accept'
    return setProperties(draft, compiled, properties as Fields) ?? setTopLevel(draft, compiled, fields, named) ?? missing(draft, compiled)
  }

  /** Checks the fields other than properties, and begins the draft with them. */
  function begin(name: string, fields: Fields, arrival: Arrival, compiled: CompiledKind | undefined): Rejection | null {
    const { id, user_id: user, session_id: session } = fields
    const badId = checkId('id', id) ?? checkId('user_id', user) ?? checkId('session_id', session)
    if (badId !== null) return badId
    if ((user === undefined || user === null || user === '') && compiled?.kind.user === 'required')
      return reject('missing_field', 'user_id', `user_id is missing: ${name} needs one`)
    const { receivedAt } = arrival
    const time = timeOf(fields.timestamp, arrival)
    if (typeof time !== 'number') return time
    const bad = checkTime(time, receivedAt, compiled?.maxAgeMs ?? options.maxAgeMs)
    if (bad !== null) return bad
    draft.begin(name)
    draft.id = typeof id === 'string' ? id : ''
    draft.timestamp = time
    draft.receivedAt = receivedAt
    draft.user = typeof user === 'string' ? pseudonyms.user(user) : NO_KEY
    draft.session = typeof session === 'string' ? pseudonyms.session(session) : NO_KEY
    return null
  }

  function quarantine(name: string, compiled: CompiledKind | undefined, sent: Fields): Rejection | null {
    const kept = badName(name, 'event') ?? keepProperties(sent, compiled, pseudonyms)
    if ('code' in kept) return kept
    draft.quarantined = kept
    return null
  }

  function checkQuarantined({ event: name, timestamp, receivedAt, user, session, properties, hashed }: QuarantinedEvent): Rejection | null {
    const compiled = kinds.get(name)
    if (compiled === undefined) return rejectLazily('unknown_event', 'event', () => suggestEvent(name))
    if (user.high === 0 && user.low === 0 && compiled.kind.user === 'required')
      return reject('missing_field', 'user_id', `user_id is missing: ${name} needs one`)
    draft.begin(name)
    Object.assign(draft, { id: '', timestamp, receivedAt, user, session })
    const sent = JSON.parse(properties) as Record<string, unknown>
    // The values are hashes already: hashing them again would not match the same text in other events.
    for (const property of hashed === '' ? [] : hashed.split(',')) {
      const found = compiled.properties.get(property)
      if (found?.property.personalData === 'hash') draft.set(found.column, String(sent[property]))
    }
    return setProperties(draft, compiled, sent) ?? missing(draft, compiled)
  }

  return { draft, check, checkQuarantined }
}

/** The properties of a quarantined event, protected, or the reason that the event cannot be kept. */
function keepProperties(sent: Fields, compiled: CompiledKind | undefined, pseudonyms: Pseudonyms): Quarantined | Rejection {
  const hashed: string[] = []
  const kept: Record<string, unknown> = Object.create(null)
  for (const [name, value] of Object.entries(sent)) {
    const { personalData } = compiled?.properties.get(name)?.property ?? {}
    if (personalData === 'hash' && typeof value === 'string') {
      hashed.push(name)
      kept[name] = pseudonyms.property(name, value)
      continue
    }
    const safe = personalData === 'scrub' && typeof value === 'string' ? scrubForbidden(value, false) : value
    const bad = badName(name, 'properties') ?? findForbiddenIn(name, safe)
    if (bad !== null) return bad
    kept[name] = safe
  }
  return { properties: JSON.stringify(kept), hashed: hashed.join(',') }
}

/** All properties of an event. Those under `properties` take precedence over top-level ones of the same name. */
function allProperties(properties: Fields, fields: Fields, named: boolean): Fields {
  const all: Record<string, unknown> = Object.create(null)
  for (const name in fields) if (!SENT_FIELDS.has(name) && (named || name !== 'event_type')) all[name] = fields[name]
  for (const name in properties) all[name] = properties[name]
  return all
}

function missing(draft: EventDraft, { kind, required }: CompiledKind): Rejection | null {
  for (const { property, column } of required) {
    if (draft.has(column)) continue
    const bad = draft.dropIfLenient(reject('missing_field', property.name, `${property.name} is missing: ${kind.name} needs it`))
    if (bad !== null) return bad
  }
  return null
}

function compileKind(kind: EventKind, columns: ReadonlyMap<string, number>, { pseudonyms, maxAgeMs }: ValidatorOptions): CompiledKind {
  const compiled = [...kind.properties.values()].map((property): CompiledProperty => {
    const { name } = property
    const column = columns.get(name)
    // Names become column names and keys of plain objects: checked here too, so that no other way of loading a plan can bypass it.
    if (column === undefined || !/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || name in Object.prototype || RESERVED_NAMES.has(name))
      throw new RangeError(`${kind.name}: ${name} cannot be the name of a property`)
    return { property, column, check: compileProperty(property, pseudonyms) }
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

function setProperties(draft: EventDraft, compiled: CompiledKind, properties: Fields): Rejection | null {
  // Parsed JSON has own fields only, `__proto__` included: no inherited name is iterated.
  for (const name in properties) {
    const bad = setProperty(draft, compiled, name, properties[name])
    if (bad !== null && draft.dropIfLenient(bad) !== null) return bad
  }
  return null
}

function setTopLevel(draft: EventDraft, compiled: CompiledKind, fields: Fields, named: boolean): Rejection | null {
  for (const name in fields) {
    if (SENT_FIELDS.has(name) || (!named && name === 'event_type')) continue
    const bad = setProperty(draft, compiled, name, fields[name])
    if (bad !== null && draft.dropIfLenient(bad) !== null) return bad
  }
  return null
}

function setProperty(draft: EventDraft, compiled: CompiledKind, name: string, value: unknown): Rejection | null {
  const found = compiled.properties.get(name)
  if (found === undefined) return rejectLazily('unknown_property', name.slice(0, 64), () => compiled.suggest(name))
  // null means "not measured", the same as an absent field.
  if (value === null || value === undefined) return null
  const { property, column, check } = found
  // `properties` is read first and takes precedence over a top-level field of the same name.
  if (draft.has(column)) return null
  if (typeof value === 'object') return wrongType(property, value)
  const checked = check(value as Scalar)
  if (typeof checked === 'object') return checked
  draft.set(column, checked)
  return null
}

function checkId(field: string, value: unknown): Rejection | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') return reject('wrong_type', field, `${field} must be a string, not ${typeName(value)}`)
  if (value.length > MAX_ID_LENGTH)
    return reject('too_long', field, `${field} has ${value.length} characters; at most ${MAX_ID_LENGTH} are allowed`)
  return null
}

function checkTime(time: number, receivedAt: number, maxAgeMs: number): Rejection | null {
  if (time > receivedAt + FUTURE_LIMIT_MS)
    return reject(
      'future_timestamp',
      'timestamp',
      'timestamp is more than 5 minutes ahead: check the sender’s clock, or send sent_at so that it can be corrected',
    )
  if (time >= receivedAt - maxAgeMs) return null
  return reject(
    'too_old',
    'timestamp',
    `timestamp is more than ${Math.floor(maxAgeMs / DAY_MS)} days ago, and such events are not kept; a number must be in milliseconds`,
  )
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
