import { sqlLiteral } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import type { StoredRecord } from '@northstar/event-log'

/** A record that could not be stored, or quarantined events. */
export interface DeadLetter {
  /** Its identity. */
  readonly hash: string
  readonly reason: string
  /** Number of events that the ledger counts as dead-lettered. */
  readonly events: number
  readonly record: StoredRecord
}

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
/** Senders choose the bytes, so nobody may be able to construct two of equal hash. */
const HASH = 'hex(SHA256(bytes))'

export const hasHashOf = (hashes: readonly string[]) => `${HASH} IN (${hashes.map(sqlLiteral).join(', ')})`

/** @param condition may name the column `hash` */
export async function readDeadLetters(
  warehouse: Pick<Warehouse, 'query'>,
  condition: string,
  options?: Parameters<Warehouse['query']>[1],
): Promise<readonly DeadLetter[]> {
  const sql = `SELECT ${HASH} AS hash, ${DEAD_LETTER_COLUMNS} FROM dead_letters WHERE ${condition}`
  const rows = await warehouse.query<DeadLetterRow & { readonly hash: string }>(sql, options)
  return rows.map(row => ({ hash: row.hash, reason: row.reason, events: Number(row.events), record: recordOf(row) }))
}

export const recordOf = ({ ms, partition, offset, headers, bytes }: DeadLetterRow): StoredRecord => ({
  partition: Number(partition),
  offset: Number(offset),
  appendedAt: Number(ms),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text, 'base64')])),
  value: Buffer.from(bytes, 'base64'),
})

/** The JSON line to insert. */
export function deadLetterLine({ reason, events, record }: Omit<DeadLetter, 'hash'>): Uint8Array {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  const row = {
    at: record.appendedAt,
    partition: record.partition,
    offset: record.offset,
    reason,
    events,
    headers: Object.fromEntries(Object.entries(record.headers).map(([name, bytes]) => [name, base64(bytes)])),
    bytes: base64(record.value),
  }
  return Buffer.from(`${JSON.stringify(row)}\n`)
}
