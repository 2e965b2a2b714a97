import type { FetchedMessage } from 'kafkajs/src/broker/index.js'
import type { RecordFault, StoredRecord } from '../port.ts'

const NO_BYTES = Buffer.alloc(0)
/** The end of 2299: no store can hold later times. */
const MAX_TIME_MS = 10_413_791_999_999

/** Converts a fetched message to a record. Other clients may have written anything that Kafka allows; no message may stop the reader. */
export function toStoredRecord(message: FetchedMessage, partition: number): StoredRecord {
  const offset = Number(message.offset)
  const appendedAt = Math.min(Math.max(0, Number(message.timestamp)), MAX_TIME_MS)
  const headers = Object.entries(message.headers)
  const fault = faultOf(message.value, headers)
  if (fault) return { partition, offset, appendedAt, fault, value: message.value ?? NO_BYTES, headers: {} }
  return { partition, offset, appendedAt, value: message.value ?? NO_BYTES, headers: message.headers as Record<string, Buffer> }
}

function faultOf(value: Buffer | null, headers: readonly (readonly [string, unknown])[]): RecordFault | undefined {
  if (value === null) return 'no_value'
  for (const [, header] of headers) {
    if (Array.isArray(header)) return 'header_repeated'
    if (!Buffer.isBuffer(header)) return 'header_without_value'
  }
  return undefined
}
