import { DAY_MS, SENT_FIELDS, type TrackingPlan } from '@northstar/catalogue'
import { findForbidden } from './forbidden-data.ts'
import type { Rejection, RejectionCode } from './rejection.ts'

/** Events that violate the plan, by name. Of bounded size whatever is sent. Times are epoch ms. */
export interface ViolationTally {
  readonly events: Readonly<Record<string, ViolatingEvent>>
  /** Number of events whose names are not kept: too many different ones, or names that could be personal data. */
  readonly others: number
}

export interface ViolatingEvent {
  readonly rejected: number
  readonly quarantined: number
  readonly flagged: number
  readonly firstAt: number
  readonly lastAt: number
  /** How many events were sampled with all properties, and how many of these had a user. */
  readonly sampled: number
  readonly withUser: number
  /** The violating properties of a declared event; all properties of another one. */
  readonly properties: Readonly<Record<string, ViolatingProperty>>
}

export interface ViolatingProperty {
  readonly code: RejectionCode
  readonly count: number
  readonly firstAt: number
  readonly lastAt: number
  /** Number of sampled values by type, for undeclared properties only. */
  readonly types: Readonly<Partial<Record<ValueType, number>>>
  /** Sampled words with their frequencies; null once there are too many different values, or values that are not words. */
  readonly words: Readonly<Record<string, number>> | null
  readonly maxLength: number
}

export type ValueType = 'string' | 'integer' | 'number' | 'boolean' | 'other'

/** The treatment of a violating event. */
export type ViolationOutcome = 'rejected' | 'quarantined' | 'flagged'

export const EMPTY_TALLY: ViolationTally = { events: {}, others: 0 }

const MAX_EVENTS = 25
const MAX_PROPERTIES = 20
const MAX_WORDS = 12
const KEPT_MS = 30 * DAY_MS

/** Whether a sender's name may be kept: it looks like an identifier and not like personal data. */
export const isPlainName = (name: string): boolean =>
  /^[A-Za-z$][\w.:$-]{0,63}$/.test(name) && !/\d{6}/.test(name) && findForbidden(name, false) === null

/** Whether a value may be kept: it looks like a word of an enumeration. */
const isWord = (text: string): boolean => /^[A-Za-z][A-Za-z_.-]{0,31}$/.test(text) && findForbidden(text, false) === null

/** The tally of one violating event. */
export function tallyOf(
  event: unknown,
  { code, field }: Rejection,
  outcome: ViolationOutcome,
  at: number,
  plan: TrackingPlan,
): ViolationTally {
  const fields = (event ?? {}) as Readonly<Record<string, unknown>>
  const name = fields.event ?? fields.event_type
  if (typeof name !== 'string' || !(plan.events.has(name) || isPlainName(name))) return { events: {}, others: 1 }
  const kind = plan.events.get(name)
  const properties: Record<string, ViolatingProperty> = {}
  const add = (property: string, of: RejectionCode, value?: { readonly sampled: unknown }) => {
    if (Object.keys(properties).length < MAX_PROPERTIES && isPlainName(property))
      properties[property] = { code: of, count: 1, firstAt: at, lastAt: at, ...sampleOf(value) }
  }
  if (code === 'unknown_event' || code === 'unknown_property') {
    for (const [property, value] of propertiesOf(fields)) if (!kind?.properties.has(property)) add(property, code, { sampled: value })
  } else if (field !== null) add(field, code)
  const counts = { rejected: 0, quarantined: 0, flagged: 0, [outcome]: 1 }
  const hasUser = typeof fields.user_id === 'string' && fields.user_id !== ''
  return { events: { [name]: { ...counts, firstAt: at, lastAt: at, sampled: 1, withUser: hasUser ? 1 : 0, properties } }, others: 0 }
}

function* propertiesOf(fields: Readonly<Record<string, unknown>>): Iterable<readonly [string, unknown]> {
  const { properties } = fields
  if (typeof properties === 'object' && properties !== null && !Array.isArray(properties)) yield* Object.entries(properties)
  for (const entry of Object.entries(fields)) if (!SENT_FIELDS.has(entry[0]) && entry[0] !== 'event_type') yield entry
}

function sampleOf(given?: { readonly sampled: unknown }): Pick<ViolatingProperty, 'types' | 'words' | 'maxLength'> {
  if (given === undefined) return { types: {}, words: null, maxLength: 0 }
  const { sampled: value } = given
  if (typeof value === 'string')
    return { types: { string: 1 }, words: isWord(value) ? { [value]: 1 } : null, maxLength: Math.min(value.length, 65_536) }
  const type = typeof value === 'boolean' ? 'boolean' : typeof value !== 'number' ? 'other' : Number.isInteger(value) ? 'integer' : 'number'
  return { types: { [type]: 1 }, words: {}, maxLength: 0 }
}

/** The sum of two tallies within the bounds: the rarest names are added to `others`. @param now entries older than 30 days are dropped */
export function mergeTallies(a: ViolationTally, b: ViolationTally, now: number): ViolationTally {
  const merged = mergeRecords(a.events, b.events, mergeEvents)
  const recent = Object.entries(merged).filter(([, { lastAt }]) => lastAt > now - KEPT_MS)
  const kept = recent.length > MAX_EVENTS ? recent.toSorted(([, x], [, y]) => totalOf(y) - totalOf(x)).slice(0, MAX_EVENTS) : recent
  const events = Object.fromEntries(kept)
  const dropped = recent.filter(([name]) => !Object.hasOwn(events, name)).reduce((sum, [, event]) => sum + totalOf(event), 0)
  return { events, others: a.others + b.others + dropped }
}

const totalOf = ({ rejected, quarantined, flagged }: ViolatingEvent): number => rejected + quarantined + flagged

function mergeRecords<T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>, merge: (a: T, b: T) => T): Record<string, T> {
  const merged = new Map(Object.entries(a))
  for (const [name, value] of Object.entries(b)) {
    const known = merged.get(name)
    merged.set(name, known === undefined ? value : merge(known, value))
  }
  return Object.fromEntries(merged)
}

function mergeEvents(a: ViolatingEvent, b: ViolatingEvent): ViolatingEvent {
  const properties = Object.entries(mergeRecords(a.properties, b.properties, mergeProperties))
  return {
    rejected: a.rejected + b.rejected,
    quarantined: a.quarantined + b.quarantined,
    flagged: a.flagged + b.flagged,
    firstAt: Math.min(a.firstAt, b.firstAt),
    lastAt: Math.max(a.lastAt, b.lastAt),
    sampled: a.sampled + b.sampled,
    withUser: a.withUser + b.withUser,
    properties: Object.fromEntries(properties.toSorted(([, x], [, y]) => y.count - x.count).slice(0, MAX_PROPERTIES)),
  }
}

function mergeProperties(a: ViolatingProperty, b: ViolatingProperty): ViolatingProperty {
  const words = a.words && b.words && mergeRecords(a.words, b.words, (x, y) => x + y)
  return {
    code: b.code,
    count: a.count + b.count,
    firstAt: Math.min(a.firstAt, b.firstAt),
    lastAt: Math.max(a.lastAt, b.lastAt),
    types: mergeRecords(a.types as Record<string, number>, b.types as Record<string, number>, (x, y) => x + y),
    // Many different values are not an enumeration, so none is kept.
    words: words && Object.keys(words).length <= MAX_WORDS ? words : null,
    maxLength: Math.max(a.maxLength, b.maxLength),
  }
}
