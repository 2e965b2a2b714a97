import type { Column } from '@northstar/catalogue'
import { keyAt, wordsOf } from './block/column-values.ts'
import { withoutRows } from './concatenate.ts'
import { decodeEvents, type EventBlock } from './event-block.ts'
import { type Key, parseKey } from './key.ts'
import { decodeHead, type EncodedRecord, type RecordHead } from './record.ts'

/** A set of users by pseudonym, for lookups by the words of a key. */
export interface UserSet {
  has(high: number, low: number): boolean
  /** Whether any of the keys occurs in the bytes, in the encoding of a block (low word first). */
  occursIn(bytes: Uint8Array): boolean
}

/** @param pseudonyms 16 hexadecimal digits each */
export function createUserSet(pseudonyms: Iterable<string>): UserSet {
  const byLow = new Map<number, number[]>()
  for (const text of pseudonyms) {
    const key = parseKey(text)
    if (key === null || text === '') throw new RangeError('not a pseudonym')
    const highs = byLow.get(key.low)
    if (highs) highs.push(key.high)
    else byLow.set(key.low, [key.high])
  }
  const has = (high: number, low: number) => byLow.get(low)?.includes(high) ?? false
  return {
    has,
    occursIn(bytes) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 0; at + 8 <= buffer.length; at++) {
        if (byLow.has(buffer.readUInt32LE(at)) && has(buffer.readUInt32LE(at + 4), buffer.readUInt32LE(at))) return true
      }
      return false
    },
  }
}

/** A record without the events of erased users, and the rows of the original record that were theirs. */
export interface ErasedRecord extends EncodedRecord {
  readonly rows: readonly { readonly row: number; readonly user: Key }[]
}

/**
 * Removes the events of users from a record. All identities stay in the headers, so that repeats are found as before; the header `erased`
 * lists the removed rows, 4 bytes each, low byte first. Null for a record that has none of their events or cannot be read.
 */
export function eraseUsers(record: EncodedRecord, users: UserSet): ErasedRecord | null {
  const head = decodeHead(record.headers)
  if (head.outcome === 'damaged' || head.value.count === 0) return null
  const events = decodeEvents(record.value, head.value.count)
  if (events.outcome === 'damaged') return null
  const gone = rowsOfUsers(events.value, users)
  if (gone.length === 0) return null
  const original = originalRows(head.value)
  const rows = gone.map(({ row, user }) => ({ row: original[row] as number, user }))
  return {
    ...eraseRows(
      record,
      gone.map(({ row }) => row),
      head.value,
      events.value,
    ),
    rows,
  }
}

/**
 * Removes rows of a readable record, as {@link eraseUsers} does.
 * @param skip row numbers of its block, ascending
 */
export function eraseRows(record: EncodedRecord, skip: readonly number[], head: RecordHead, events: EventBlock): EncodedRecord {
  const original = originalRows(head)
  const erased = Uint32Array.from([...head.erased, ...skip.map(row => original[row] as number)]).sort()
  const value = skip.length === events.rows ? new Uint8Array(0) : withoutRows({ events, ids: head.ids, skip }, columnsOf(events))
  return { value, headers: { ...record.headers, erased: new Uint8Array(erased.buffer) } }
}

function rowsOfUsers({ rows, userKey }: EventBlock, users: UserSet): { row: number; user: Key }[] {
  const words = wordsOf(userKey.data)
  const found: { row: number; user: Key }[] = []
  for (let row = 0; row < rows; row++) {
    const user = keyAt(words, row)
    if (users.has(user.high, user.low)) found.push({ row, user })
  }
  return found
}

/** The number that each row of the block had before events were erased. */
function originalRows({ count, erased }: RecordHead): number[] {
  const gone = new Set(erased)
  return Array.from({ length: count + erased.length }, (_, row) => row).filter(row => !gone.has(row))
}

/** The columns of the block rather than of the plan, so that a property which left the plan is kept. */
const columnsOf = ({ properties }: EventBlock): Column[] =>
  [...properties].flatMap(([name, { type }]) => {
    if (type === 'kind' || type === 'time' || type === 'key') return []
    const isString = type === 'text' || type === 'dictionary'
    return [{ name, type: isString ? 'string' : type, lowCardinality: type === 'dictionary' }]
  })
