import { sqlLiteral } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { DEAD_LETTER_COLUMNS, type DeadLetter, type DeadLetterRow, decodeDeadLetter } from '@northstar/pipeline'

export interface StoredDeadLetter extends DeadLetter {
  /** The identity of the row, a hash of its bytes. */
  readonly hash: string
}

/** A cryptographic hash: senders choose the bytes and must not be able to construct two rows with the same hash. */
const HASH = 'hex(SHA256(bytes))'

export const hasHashOf = (hashes: readonly string[]) => `${HASH} IN (${hashes.map(sqlLiteral).join(', ')})`

/** @param condition may name the column `hash` */
export async function readDeadLetters(
  warehouse: Pick<Warehouse, 'query'>,
  condition: string,
  options?: Parameters<Warehouse['query']>[1],
): Promise<readonly StoredDeadLetter[]> {
  const sql = `SELECT ${HASH} AS hash, ${DEAD_LETTER_COLUMNS} FROM dead_letters WHERE ${condition}`
  const rows = await warehouse.query<DeadLetterRow & { readonly hash: string }>(sql, options)
  return rows.map(row => ({ hash: row.hash, ...decodeDeadLetter(row) }))
}
