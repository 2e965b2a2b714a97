import { setTimeout as sleep } from 'node:timers/promises'
import { QueryFailed, type QueryOptions, WarehouseUnavailable } from './port.ts'
import { qualified } from './statements.ts'

interface DeleteDeps {
  query<T>(sql: string, options: QueryOptions): Promise<readonly T[]>
  command(sql: string): Promise<void>
  readonly database: string
}

const POLL_MS = 200
/** Maximum wait for the removal of files. They are removed within seconds after their last reader. */
const MAX_WAIT_MS = 600_000

/**
 * Settings during a deletion. The engine keeps replaced parts for minutes, since a merge may not be on disk yet. During a deletion it flushes merges
 * and keeps no replaced parts.
 */
const WHILE_DELETING = 'old_parts_lifetime = 1, min_rows_to_fsync_after_merge = 1'
const AFTERWARDS = 'old_parts_lifetime, min_rows_to_fsync_after_merge'

export async function deleteRows({ query, command, database }: DeleteDeps, table: string, condition: string): Promise<void> {
  const alter = `ALTER TABLE ${qualified(database, table)}`
  const params = { database, table }
  await command(`${alter} MODIFY SETTING ${WHILE_DELETING}`)
  try {
    await command(`${alter} DELETE WHERE ${condition} SETTINGS mutations_sync = 0`)
    await waitFor(async () => {
      const left = await query<{ id: string; reason: string }>(
        `SELECT mutation_id AS id, latest_fail_reason AS reason FROM system.mutations
         WHERE database = {database:String} AND table = {table:String} AND NOT is_done AND NOT is_killed AND command LIKE '%DELETE WHERE%'`,
        { params },
      )
      const failed = left.find(({ reason }) => reason !== '')
      if (failed) {
        await command(`KILL MUTATION WHERE database = '${database}' AND table = '${table}' AND mutation_id = '${failed.id}' SYNC`)
        throw new QueryFailed(failed.reason)
      }
      return left.length === 0
    })
    await waitForFiles({ query, command, database }, params)
  } finally {
    await command(`${alter} RESET SETTING ${AFTERWARDS}`)
  }
}

/** Waits for the removal of the parts that are replaced now. Merges continue to replace others. */
async function waitForFiles({ query, command, database }: DeleteDeps, params: { readonly table: string }): Promise<void> {
  const replaced = async () => {
    const rows = await query<{ name: string }>(
      'SELECT name FROM system.parts WHERE database = {database:String} AND table = {table:String} AND NOT active',
      { params: { database, ...params } },
    )
    return rows.map(({ name }) => name)
  }
  const before = new Set(await replaced())
  const deadline = performance.now() + MAX_WAIT_MS
  await waitFor(async () => {
    if (performance.now() > deadline) throw new WarehouseUnavailable('the files of deleted rows were not removed in time')
    // The thread that removes files runs every few minutes; this wakes it. A server without the statement takes longer.
    await command(`SYSTEM START CLEANUP ${qualified(database, params.table)}`).catch(() => {})
    return !(await replaced()).some(name => before.has(name))
  })
}

async function waitFor(isDone: () => Promise<boolean>): Promise<void> {
  while (!(await isDone())) await sleep(POLL_MS)
}
