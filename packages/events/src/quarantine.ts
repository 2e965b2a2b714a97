import type { Column } from '@northstar/catalogue'
import { columnValues, integers, wordsOf } from './block/column-values.ts'
import { decodeEvents } from './event-block.ts'
import { findForbidden } from './forbidden-data.ts'
import type { Key } from './key.ts'
import { decodeHead, type EncodedRecord } from './record.ts'
import { type Rejection, type RejectionCode, reject } from './rejection.ts'

/** Beside the fixed columns, a record of quarantined events has these. */
export const QUARANTINE_COLUMNS: readonly Column[] = [
  { name: 'properties', type: 'string', lowCardinality: false },
  { name: 'hashed', type: 'string', lowCardinality: true },
  { name: 'code', type: 'string', lowCardinality: true },
  { name: 'field', type: 'string', lowCardinality: false },
]

/** Longer names of events and properties are refused: they are no misspelling of a name of the plan. */
export const MAX_NAME_LENGTH = 128

/** The properties of an event as they were sent, but for what must be protected. */
export interface Quarantined {
  /** A JSON object. */
  readonly properties: string
  /** Names, separated by commas, of the properties whose values are keyed hashes already. */
  readonly hashed: string
}

/** A quarantined event as it is kept. */
export interface QuarantinedEvent extends Quarantined {
  readonly event: string
  /** The identity that the event has once it is stored. */
  readonly identity: Key
  /** Epoch ms. */
  readonly timestamp: number
  readonly receivedAt: number
  readonly user: Key
  readonly session: Key
  /** Why it was quarantined. */
  readonly code: RejectionCode
  readonly field: string
}

/**
 * In the log a quarantined event has the complement of its identity: it is a repeat of another quarantined one, and not of the event that is
 * stored once it is replayed.
 */
export const complement = ({ high, low }: Key): Key => ({ high: ~high >>> 0, low: ~low >>> 0 })

const PERSONAL_NUMBER = 1_000_000

/** The first personal data or secret in a value that the plan does not know; its names count too. Linear in size. */
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

/** Why a name of the sender's cannot be kept, or null. @param field named in the rejection in its place */
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

/** The events of a record of quarantined events, with their row numbers in its block; empty for any other record. */
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
  const keyAt = (words: Uint32Array, row: number): Key => ({ high: words[2 * row + 1] as number, low: words[2 * row] as number })
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

/** Why a record of quarantined events lies aside: the numbers of events by code, the most frequent first. */
export function quarantineReason(record: EncodedRecord): string {
  const counts = new Map<string, number>()
  for (const { code } of quarantinedEvents(record)) counts.set(code, (counts.get(code) ?? 0) + 1)
  const listed = [...counts].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([code, n]) => `${n} ${code}`)
  return `${QUARANTINED}: ${listed.join(', ')}`
}

/** What the reasons of quarantined records begin with. */
export const QUARANTINED = 'quarantined'
