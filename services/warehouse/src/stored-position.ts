import type { Warehouse } from '@northstar/clickhouse'
import type { GroupPosition } from '@northstar/pipeline'

const TABLE = 'log_positions'

/**
 * How far a partition has been stored, of this log if anything was of it, else of the log before; null where nothing was. Commits lie in
 * the log and are lost or put back with it: this is not.
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

/** Stored after everything else of a batch: where it is found, the whole batch is stored. */
export function insertPosition(warehouse: Warehouse, partition: number, position: GroupPosition, token: string): Promise<void> {
  const { log, offset, lastAt, windowStart } = position
  const row = { log, partition, offset, last_at: lastAt, window_start: windowStart }
  return warehouse.insert(TABLE, [Buffer.from(`${JSON.stringify(row)}\n`)], token)
}
