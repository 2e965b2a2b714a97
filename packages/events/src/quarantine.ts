import type { Column } from '@northstar/catalogue'
import { columnValues, integers, keyAt, wordsOf } from './block/column-values.ts'
import { decodeEvents } from './event-block.ts'
import { findForbidden } from './forbidden-data.ts'
import type { Key } from './key.ts'
import { decodeHead, type EncodedRecord } from './record.ts'
import { type Rejection, type RejectionCode, reject } from './rejection.ts'

/** The columns of a record of quarantined events, in addition to the fixed ones. */
export const QUARANTINE_COLUMNS: readonly Column[] = [
  { name: 'properties', type: 'string', lowCardinality: false },
  { name: 'hashed', type: 'string', lowCardinality: true },
  { name: 'code', type: 'string', lowCardinality: true },
  { name: 'field', type: 'string', lowCardinality: false },
]

/** Longer names of events and properties are refused: they are not misspellings of declared names. */
export const MAX_NAME_LENGTH = 128

/** The properties of an event as sent, with personal data scrubbed or hashed. */
export interface Quarantined {
  /** A JSON object. */
  readonly properties: string
  /** Comma-separated names of the properties whose values are already keyed hashes. */
  readonly hashed: string
}

/** A quarantined event as stored. */
export interface QuarantinedEvent extends Quarantined {
  readonly event: string
  /** The identity of the event once it is replayed. */
  readonly identity: Key
  /** Epoch ms. */
  readonly timestamp: number
  readonly receivedAt: number
  readonly user: Key
  readonly session: Key
  /** The violation, as in a rejection. */
  readonly code: RejectionCode
  readonly field: string
}

/**
 * A quarantined event has the complement of its identity in the log: it repeats earlier quarantined copies, but not the event that a replay
 * appends.
 */
export const complement = ({ high, low }: Key): Key => ({ high: ~high >>> 0, low: ~low >>> 0 })

/** Numbers from this magnitude are searched as text: they may be phone or card numbers. */
const PERSONAL_NUMBER = 1_000_000

/** The first personal data or secret in a value of any shape, names included. Linear in size. */
export function findForbiddenIn(field: string, value: unknown): Rejection | null {
  const bad = badText(field, value)
  if (bad !== null || typeof value !== 'object' || value === null) return bad
  if (Array.isArray(value)) return firstOf(value, item => findForbiddenIn(field, item))
  return firstOf(Object.entries(value), ([name, item]) => badName(name, field) ?? findForbiddenIn(field, item))
}

function firstOf<T>(items: readonly T[], check: (item: T) => Rejection | null): Rejection | null {
  for (const item of items) {
    const bad = check(item)
    if (bad !== null) return bad
  }
  return null
}

/** The reason that a sender's name cannot be kept, or null. @param field named in the rejection instead of the name */
export function badName(name: string, field: string): Rejection | null {
  if (name.length > MAX_NAME_LENGTH) return reject('too_long', field, `a name may have at most ${MAX_NAME_LENGTH} characters`)
  const found = findForbidden(name, false)
  return found === null ? null : reject('forbidden_data', field, `a name in ${field} appears to contain personal data (${found})`)
}

function badText(field: string, value: unknown): Rejection | null {
  const text = typeof value === 'number' && Math.abs(value) >= PERSONAL_NUMBER ? String(value) : value
  if (typeof text !== 'string') return null
  const found = findForbidden(text, /(?:^|_)version$/.test(field))
  return found === null
    ? null
    : reject('forbidden_data', field, `${field} appears to contain personal data (${found}); remove it before sending`)
}

/** The events of a record of quarantined events, in the order of its rows; empty for any other record. */
export function quarantinedEvents(record: EncodedRecord): readonly QuarantinedEvent[] {
  const head = decodeHead(record.headers)
  if (head.outcome === 'damaged' || !head.value.quarantine || head.value.count === 0) return []
  const { count, ids } = head.value
  const decoded = decodeEvents(record.value, count)
  if (decoded.outcome === 'damaged') return []
  const { event, timestamp, receivedAt, userKey, sessionKey, properties } = decoded.value
  const texts = (name: string): readonly string[] => {
    const column = properties.get(name)
    return column ? columnValues(column, count).map(value => (typeof value === 'string' ? value : '')) : Array(count).fill('')
  }
  const [sent, hashed, codes, fields] = QUARANTINE_COLUMNS.map(({ name }) => texts(name)) as [string[], string[], string[], string[]]
  const [times, received] = [integers(timestamp.data), integers(receivedAt.data)]
  const [users, sessions] = [wordsOf(userKey.data), wordsOf(sessionKey.data)]
  return Array.from({ length: count }, (_, row) => ({
    event: event.keys[event.indexes[row] as number] as string,
    identity: complement(keyAt(ids, row)),
    timestamp: times[row] as number,
    receivedAt: received[row] as number,
    user: keyAt(users, row),
    session: keyAt(sessions, row),
    properties: sent[row] || '{}',
    hashed: hashed[row] as string,
    code: codes[row] as RejectionCode,
    field: fields[row] as string,
  }))
}

/** The dead letter's reason for a record of quarantined events: the number of events by code, the most frequent first. */
export function quarantineReason(record: EncodedRecord): string {
  const counts = new Map<string, number>()
  for (const { code } of quarantinedEvents(record)) counts.set(code, (counts.get(code) ?? 0) + 1)
  const listed = [...counts].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([code, n]) => `${n} ${code}`)
  return `${QUARANTINED}: ${listed.join(', ')}`
}

/** The prefix of the reasons of quarantined records. */
export const QUARANTINED = 'quarantined'
