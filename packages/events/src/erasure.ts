import type { Column } from '@northstar/catalogue'
import { wordsOf } from './block/column-values.ts'
import { withoutRows } from './concatenate.ts'
import { decodeEvents, type EventBlock } from './event-block.ts'
import { type Key, parseKey } from './key.ts'
import { decodeHead, type EncodedRecord, type RecordHead } from './record.ts'

/** A set of users by pseudonym, for lookups by the words of a key. */
export interface UserSet {
  has(high: number, low: number): boolean
  /** Whether any of the keys occurs in the bytes, as it lies in a block (low word first). */
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

/** A record without the events of some users, and the rows of the original record that were theirs. */
export interface ErasedRecord extends EncodedRecord {
  readonly rows: readonly { readonly row: number; readonly user: Key }[]
}

/**
 * Leaves out the events of users. The identities of all events stay in the headers, so that repeats are found as before; the header `erased`
 * names the rows that are gone, 4 bytes each, low byte first. Null for a record that holds none of theirs or cannot be read.
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
 * Leaves out rows of a record that can be read, as {@link eraseUsers} does.
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
    const user = { high: words[2 * row + 1] as number, low: words[2 * row] as number }
    if (users.has(user.high, user.low)) found.push({ row, user })
  }
  return found
}

/** Of each row of the block its number before events were erased. */
function originalRows({ count, erased }: RecordHead): number[] {
  const gone = new Set(erased)
  return Array.from({ length: count + erased.length }, (_, row) => row).filter(row => !gone.has(row))
}

/** The columns as the block has them, so that a property that the plan no longer knows is kept. */
const columnsOf = ({ properties }: EventBlock): Column[] =>
  [...properties].flatMap(([name, { type }]) => {
    if (type === 'kind' || type === 'time' || type === 'key') return []
    const isString = type === 'text' || type === 'dictionary'
    return [{ name, type: isString ? 'string' : type, lowCardinality: type === 'dictionary' }]
  })
