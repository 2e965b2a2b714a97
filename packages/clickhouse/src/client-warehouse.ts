import type { ClickHouseClient } from '@clickhouse/client'
import { deleteRows } from './delete-rows.ts'
import { checkHealth } from './disk-health.ts'
import type { Engine } from './engine.ts'
import { exportRows } from './export-rows.ts'
import { insertFailure, queryFailure } from './failures.ts'
import { migrate, viewsOf } from './migrations/migrate.ts'
import { type QueryOptions, type Warehouse, WarehouseUnavailable } from './port.ts'
import { checkReadable } from './readable.ts'
import { runQuery } from './run-query.ts'
import { createStatementCheck } from './statement-check.ts'
import { type InsertFormat, lineChunks, qualified } from './statements.ts'

export interface WarehouseOptions {
  /** The database of the tables. Default `northstar`. The tracking plan names the database of the event views. */
  readonly database?: string
  /** Days after which rows are removed. Default 730. */
  readonly retentionDays?: number
}

export function createClientWarehouse(engine: Engine, options: WarehouseOptions): Warehouse {
  const { database } = engine
  const { retentionDays = 730 } = options
  let closed = false

  function assertOpen(): void {
    if (closed) throw new WarehouseUnavailable('it was closed')
  }

  async function query<T>(sql: string, options: QueryOptions = {}): Promise<readonly T[]> {
    checkReadable(sql)
    assertOpen()
    return runQuery(options.urgent ? engine.urgent : engine.client, sql, options)
  }

  const check = createStatementCheck((sql, params) => runQuery(engine.client, sql, { params }, '2'), database)

  async function insert(table: string, format: InsertFormat, chunks: readonly Uint8Array[], token: string): Promise<void> {
    assertOpen()
    try {
      await engine.insert(table, format, chunks, token)
    } catch (error) {
      // An invalid name or token is a mistake of the program, not of the rows.
      throw error instanceof TypeError && error.cause === undefined ? error : insertFailure(error)
    }
  }

  const commandBy = (client: ClickHouseClient) => async (sql: string) => {
    try {
      await client.command({ query: sql, clickhouse_settings: { wait_end_of_query: 1 } })
    } catch (error) {
      throw queryFailure(error)
    }
  }

  return {
    async migrate(plan, definitions) {
      const deps = {
        query: <T>(sql: string, params: QueryOptions['params']) => runQuery<T>(engine.setup, sql, { params }),
        command: commandBy(engine.setup),
        commandWithin: commandBy(engine.client),
        database,
        retentionDays,
      }
      const migrated = await migrate(deps, plan, definitions)
      if (!engine.createAnalyst) return migrated
      const views = viewsOf(plan, database, definitions).map(({ name }) => name.split('.')[0] ?? '')
      return { ...migrated, analyst: await engine.createAnalyst([database, ...views]).catch(error => Promise.reject(queryFailure(error))) }
    },
    insert: (table, rows, token) => insert(table, 'JSONEachRow', lineChunks(rows), token),
    insertBlock: (table, block, token) => insert(table, 'Native', [block], token),
    async tryBlock(table, block) {
      const trial = `${table}_trial`
      await commandBy(engine.setup)(`CREATE OR REPLACE TABLE ${qualified(database, trial)} AS ${qualified(database, table)} ENGINE = Null`)
      await insert(trial, 'Native', [block], 'trial')
    },
    async deleteRows(table, condition) {
      assertOpen()
      await deleteRows({ query, command: commandBy(engine.setup), database }, table, condition)
    },
    query,
    async export(sql, options) {
      assertOpen()
      return exportRows(engine, await check(sql, options), options)
    },
    ...(engine.copyTo && { copyTo: engine.copyTo }),
    health: () => checkHealth(query),
    async close() {
      if (closed) return
      closed = true
      await engine.close()
    },
  }
}
