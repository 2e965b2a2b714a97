import type { StoredRecord } from '@northstar/event-log'

/** A record that could not be stored, or quarantined events. */
export interface DeadLetter {
  readonly record: StoredRecord
  readonly reason: string
  /** Number of events that the ledger counts as dead-lettered; 1 if it is unknown. */
  readonly events: number
}

/** A row of the warehouse's table `dead_letters`, by {@link DEAD_LETTER_COLUMNS}. */
export interface DeadLetterRow {
  readonly ms: number
  readonly partition: number
  readonly offset: number
  readonly reason: string
  readonly events: number
  /** Values in base64, like `bytes`. */
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: string
}

/** The columns of a {@link DeadLetterRow}. */
export const DEAD_LETTER_COLUMNS = 'toUnixTimestamp64Milli(at) AS ms, partition, offset, reason, events, headers, bytes'

/** The line of JSON that inserts a dead letter. */
export function encodeDeadLetter({ record, reason, events }: DeadLetter): Uint8Array {
  const { partition, offset, headers, value } = record
  const row = {
    at: minuteOf(record.appendedAt),
    partition,
    offset,
    reason,
    events,
    headers: mapValues(headers, base64),
    bytes: base64(value),
  }
  return Buffer.from(`${JSON.stringify(row)}\n`)
}

export const decodeDeadLetter = ({ ms, partition, offset, reason, events, headers, bytes }: DeadLetterRow): DeadLetter => ({
  reason,
  events: Number(events),
  record: {
    partition: Number(partition),
    offset: Number(offset),
    appendedAt: Number(ms),
    headers: mapValues(headers, text => Buffer.from(text, 'base64')),
    value: Buffer.from(bytes, 'base64'),
  },
})

/** The minute of the ledger in which a time lies, epoch ms. */
export const minuteOf = (at: number): number => Math.floor(at / 60_000) * 60_000

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

const mapValues = <V, W>(record: Readonly<Record<string, V>>, map: (value: V) => W): Record<string, W> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]))
