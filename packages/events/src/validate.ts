import { type EventKind, type OnViolation, type Property, RESERVED_NAMES, SENT_FIELDS, type TrackingPlan } from '@northstar/catalogue'
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
  /** The event that was accepted last. */
  readonly draft: EventDraft
  /**
   * Returns why the event is rejected, or null; then it is in {@link draft} until the next check. In mode `accept` the properties that violate
   * the plan are left out, and the draft names the first violation. In mode `quarantine` nothing is held against the plan: the draft has the
   * properties as they were sent. Whatever the mode, personal data is refused, scrubbed or hashed, and the fields beside the properties are
   * checked.
   */
  check(event: unknown, arrival: Arrival, mode?: OnViolation): Rejection | null
  /** The same for a quarantined event, against the plan of today. */
  checkQuarantined(event: QuarantinedEvent): Rejection | null
}

/** Codes of rejections that may be due to the plan: a further check in another mode decides. */
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
    return takeProperties(draft, compiled, properties as Fields) ?? takeTopLevel(draft, compiled, fields, named) ?? missing(draft, compiled)
  }

  /** Checks the fields beside the properties, and begins the draft with them. */
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
    // A hash of a hash would be another value than that of the same text in other events.
    for (const property of hashed === '' ? [] : hashed.split(',')) {
      const found = compiled.properties.get(property)
      if (found?.property.personalData === 'hash') draft.set(found.place, String(sent[property]))
    }
    return takeProperties(draft, compiled, sent) ?? missing(draft, compiled)
  }

  return { draft, check, checkQuarantined }
}

/** What is kept of a quarantined event's properties, or why it cannot be kept. */
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

/** The properties as the check takes them: those under `properties` go before the same names beside it. */
function allProperties(properties: Fields, fields: Fields, named: boolean): Fields {
  const all: Record<string, unknown> = Object.create(null)
  for (const name in fields) if (!SENT_FIELDS.has(name) && (named || name !== 'event_type')) all[name] = fields[name]
  for (const name in properties) all[name] = properties[name]
  return all
}

function missing(draft: EventDraft, { kind, required }: CompiledKind): Rejection | null {
  for (const { property, place } of required) {
    if (draft.has(place)) continue
    const bad = draft.orDrop(reject('missing_field', property.name, `${property.name} is missing: ${kind.name} needs it`))
    if (bad !== null) return bad
  }
  return null
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
    if (bad !== null && draft.orDrop(bad) !== null) return bad
  }
  return null
}

function takeTopLevel(draft: EventDraft, compiled: CompiledKind, fields: Fields, named: boolean): Rejection | null {
  for (const name in fields) {
    if (SENT_FIELDS.has(name) || (!named && name === 'event_type')) continue
    const bad = take(draft, compiled, name, fields[name])
    if (bad !== null && draft.orDrop(bad) !== null) return bad
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
