import { type Column, EVENT_FIELDS } from '@northstar/catalogue'
import { BlockWriter, type WrittenBlock } from './block/block-writer.ts'
import { columnValues, integers, keyAt, wordsOf } from './block/column-values.ts'
import { concatenate } from './concatenate.ts'
import { decodeEvents, type EventBlock } from './event-block.ts'
import { hashKey } from './hash.ts'
import { type Key, keyText, parseKey } from './key.ts'

/**
 * One event as an object: the fixed columns, then its properties by name. For tools and tests; between ingest and the stores events are in
 * columns.
 */
export interface Row {
  event: string
  /** The event's identity, 16 hexadecimal digits. */
  id: string
  /** The event's own time corrected by the sender's clock skew, epoch milliseconds. */
  timestamp: number
  /** When ingest received it, epoch milliseconds. */
  received_at: number
  /** Pseudonym, 16 hexadecimal digits, or empty. */
  user_id: string
  session_id: string
  [property: string]: string | number | boolean
}

/** Names of a row's fields that are not properties. */
const ROW_FIELDS: ReadonlySet<string> = new Set(EVENT_FIELDS)

/** Encodes rows. Ids that are not 16 hexadecimal digits are hashed, and properties without a column are left out. */
export function encodeRows(columns: readonly Column[], rows: readonly Row[]): WrittenBlock {
  const writer = new BlockWriter(columns)
  const indexes = new Map(columns.map(({ name }, index) => [name, index]))
  for (const row of rows) {
    writer.begin(row.event, row.timestamp, row.received_at, keyOf(row.user_id), keyOf(row.session_id), keyOf(row.id))
    for (const name in row) {
      const column = ROW_FIELDS.has(name) ? undefined : indexes.get(name)
      const value = row[name]
      if (column !== undefined && value !== undefined) writer.set(column, value)
    }
  }
  return writer.take()
}

/** Rows as a block for the `events` table; `columns` as for {@link encodeRows}. */
export function tableBlock(columns: readonly Column[], rows: readonly Row[]): Buffer {
  const { ids } = encodeRows(columns, rows)
  return concatenate([{ events: eventsOf(columns, rows), ids: wordsOf(ids), skip: [] }], columns).value
}

/** Rows as the events of a record; `columns` as for {@link encodeRows}. */
export function eventsOf(columns: readonly Column[], rows: readonly Row[]): EventBlock {
  const events = decodeEvents(encodeRows(columns, rows).value, rows.length)
  if (events.outcome !== 'ok') throw new Error(`the block that was written cannot be read: ${events.reason}`)
  return events.value
}

const keyOf = (text: string): Key => parseKey(text) ?? hashKey(text)

/** The events of a record as rows. @param ids as in the record's head */
export function rowsOf(events: EventBlock, ids: Uint32Array): Row[] {
  const { rows, event } = events
  const timestamps = integers(events.timestamp.data)
  const received = integers(events.receivedAt.data)
  const [users, sessions] = [wordsOf(events.userKey.data), wordsOf(events.sessionKey.data)]
  const key = (words: Uint32Array, row: number) => keyText(keyAt(words, row))
  const list = Array.from(
    { length: rows },
    (_, row): Row => ({
      event: event.keys[event.indexes[row] as number] as string,
      id: key(ids, row),
      timestamp: timestamps[row] as number,
      received_at: received[row] as number,
      user_id: key(users, row),
      session_id: key(sessions, row),
    }),
  )
  for (const [name, column] of events.properties) {
    columnValues(column, rows).forEach((value, row) => {
      const target = list[row]
      if (value !== null && target) target[name] = value
    })
  }
  return list
}
