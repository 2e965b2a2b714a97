import type { Warehouse } from '@northstar/clickhouse'
import type { GroupPosition } from '@northstar/pipeline'

const TABLE = 'log_positions'

/**
 * Reads the position up to which a partition is stored, in this log or otherwise in an earlier one; null if nothing is stored. Unlike a
 * commit, this position is not lost or restored together with the log.
 */
export async function readStoredPosition(warehouse: Warehouse, log: string, partition: number): Promise<GroupPosition | null> {
  const [row] = await warehouse.query<{ log: string; offset: number; last_at: number; window_start: number }>(
    `SELECT log, offset, last_at, window_start FROM ${TABLE} WHERE partition = {partition:UInt32}
     ORDER BY log = {log:String} DESC, last_at DESC, offset DESC LIMIT 1`,
    { params: { log, partition } },
  )
  if (!row) return null
  return { log: row.log, offset: Number(row.offset), lastAt: Number(row.last_at), windowStart: Number(row.window_start) }
}

/** Inserts the position. It must be inserted after the rows of its batch. */
export function insertPosition(warehouse: Warehouse, partition: number, position: GroupPosition, token: string): Promise<void> {
  const { log, offset, lastAt, windowStart } = position
  const row = { log, partition, offset, last_at: lastAt, window_start: windowStart }
  return warehouse.insert(TABLE, [Buffer.from(`${JSON.stringify(row)}\n`)], token)
}
