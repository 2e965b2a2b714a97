import { type ClickHouseClient, ClickHouseLogLevel, type ClickHouseSettings } from '@clickhouse/client'
import { deleteRows } from './delete-rows.ts'
import { insertFailure, queryFailure } from './failures.ts'
import { parseRows } from './json-rows.ts'
import { migrate } from './migrations/migrate.ts'
import { EXPORT_FORMATS, type ExportOptions, QueryFailed, type QueryOptions, type Warehouse, WarehouseUnavailable } from './port.ts'
import { checkReadable } from './readable.ts'
import { createStatementCheck } from './statement-check.ts'
import { type InsertFormat, identifier, lineChunks, qualified } from './statements.ts'

export interface WarehouseOptions {
  /** Where the tables are. Default `northstar`. The per-event views lie where the tracking plan says. */
  readonly database?: string
  /** Days after which rows are removed. Default 730. */
  readonly retentionDays?: number
  /** Free space, as a share of the disk, below which the warehouse says that it is unhealthy. Default 0.05. */
  readonly minFreeSpace?: number
}

/** What an adapter adds to the client. */
export interface Engine {
  /** Names in its statements are those of the database. */
  readonly client: ClickHouseClient
  /** As `client`, with connections of its own for urgent queries. */
  readonly urgent: ClickHouseClient
  /** Bound to no database, so that it works before there is one. */
  readonly setup: ClickHouseClient
  readonly database: string
  /** @param chunks bytes in the format, one after the other */
  insert(table: string, format: InsertFormat, chunks: readonly Uint8Array[], token: string): Promise<void>
  /** For people's statements: an account that may only read, whose own limits hold. Absent where `client` runs them. */
  readonly analyst?: ClickHouseClient
  /** Runs a person's statement where it reaches nothing but the data. */
  readonly runApart?: (
    statement: string,
    settings: ClickHouseSettings,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ) => Promise<Uint8Array>
  readonly copyTo?: Warehouse['copyTo']
  close(): Promise<void>
}

/** The client must not write to the console: what it would say is in the errors. */
export const QUIET = { level: ClickHouseLogLevel.OFF } as const

/** What one statement of a person may take, so that inserts and metrics go on beside it. */
const EXPORT_LIMITS: ClickHouseSettings = {
  max_result_bytes: String(256 * 1024 ** 2),
  max_memory_usage: String(512 * 1024 ** 2),
  // A statement within another keeps its order.
  query_plan_remove_redundant_sorting: 0,
}

const PARQUET_LACKS = /\b(?:Nothing|Interval\w+|AggregateFunction|Dynamic|Variant|JSON)\b/

const DEFAULT_TIMEOUT_MS = 30_000
/** The engine ends a query at its time; the client waits this much longer for it to say so. */
const GRACE_MS = 5_000

export function createClientWarehouse(engine: Engine, options: WarehouseOptions): Warehouse {
  const { database } = engine
  const { retentionDays = 730, minFreeSpace = 0.05 } = options
  let closed = false

  /** Parsing a statement inside another needs `readonly = 2`; nothing of it runs. */
  async function run<T>(client: ClickHouseClient, sql: string, options: QueryOptions, readonly: '1' | '2' = '1'): Promise<readonly T[]> {
    const { params, timeoutMs = DEFAULT_TIMEOUT_MS } = options
    const settings: ClickHouseSettings = {
      max_execution_time: timeoutMs / 1000,
      output_format_json_quote_64bit_integers: 0,
      // Without it a failure in the midst of the answer comes with a good status.
      wait_end_of_query: 1,
      readonly,
    }
    try {
      const result = await client.query({
        query: sql,
        format: 'JSONEachRow',
        query_params: params,
        clickhouse_settings: settings,
        abort_signal: AbortSignal.timeout(timeoutMs + GRACE_MS),
      })
      return parseRows<T>(await result.text())
    } catch (error) {
      throw queryFailure(error)
    }
  }

  async function query<T>(sql: string, options: QueryOptions = {}): Promise<readonly T[]> {
    checkReadable(sql)
    if (closed) throw new WarehouseUnavailable('it was closed')
    return run(options.urgent ? engine.urgent : engine.client, sql, options)
  }

  const check = createStatementCheck((sql, params) => run(engine.client, sql, { params }, '2'), database)

  async function exportRows(sql: string, options: ExportOptions): Promise<Uint8Array> {
    if (closed) throw new WarehouseUnavailable('it was closed')
    const statement = await check(sql, options)
    const readable = options.format === 'parquet' ? await inParquetTypes(statement, options) : statement
    return execute(`${readable}\nFORMAT ${EXPORT_FORMATS[options.format]}`, options)
  }

  /** Columns of types that Parquet lacks, such as that of a bare NULL, become text. */
  async function inParquetTypes(statement: string, options: ExportOptions): Promise<string> {
    if (/^(?:SHOW|DESCRIBE)\b/i.test(statement)) return statement
    const described = await execute(`DESCRIBE TABLE (\n${statement}\n) FORMAT JSONEachRow`, options)
    const columns = parseRows<{ name: string; type: string }>(Buffer.from(described).toString())
    const replaced = columns.flatMap(({ name, type }) =>
      PARQUET_LACKS.test(type) ? [`CAST(${identifier(name)}, 'Nullable(String)') AS ${identifier(name)}`] : [],
    )
    return replaced.length === 0 ? statement : `SELECT * REPLACE (${replaced.join(', ')}) FROM (\n${statement}\n)`
  }

  async function execute(query: string, options: ExportOptions): Promise<Uint8Array> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, maxRows = 100_000, signal } = options
    const settings: ClickHouseSettings = {
      // An account that may only read may change no other settings than these.
      ...(engine.analyst ? {} : { ...EXPORT_LIMITS, readonly: '1' }),
      max_execution_time: timeoutMs / 1000,
      max_result_rows: String(maxRows),
      result_overflow_mode: 'throw',
      output_format_json_quote_64bit_integers: 1,
    }
    try {
      if (engine.runApart) return await engine.runApart(query, settings, { timeoutMs, signal })
      const { stream } = await (engine.analyst ?? engine.client).exec({
        query,
        clickhouse_settings: {
          ...settings,
          wait_end_of_query: 1,
          ...(!engine.analyst && { cancel_http_readonly_queries_on_client_close: 1 }),
        },
        abort_signal: AbortSignal.any([AbortSignal.timeout(timeoutMs + GRACE_MS), ...(signal ? [signal] : [])]),
      })
      const chunks: Uint8Array[] = []
      for await (const chunk of stream) chunks.push(chunk as Uint8Array)
      return Buffer.concat(chunks)
    } catch (error) {
      if (error instanceof QueryFailed || error instanceof WarehouseUnavailable) throw error
      throw queryFailure(error)
    }
  }

  async function insert(table: string, format: InsertFormat, chunks: readonly Uint8Array[], token: string): Promise<void> {
    if (closed) throw new WarehouseUnavailable('it was closed')
    try {
      await engine.insert(table, format, chunks, token)
    } catch (error) {
      // A wrong name or token is a mistake in the program, not in the rows.
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
    migrate: (plan, definitions) =>
      migrate(
        {
          query: (sql, params) => run(engine.setup, sql, { params }),
          command: commandBy(engine.setup),
          commandWithin: commandBy(engine.client),
          database,
          retentionDays,
        },
        plan,
        definitions,
      ),
    insert: (table, rows, token) => insert(table, 'JSONEachRow', lineChunks(rows), token),
    insertBlock: (table, block, token) => insert(table, 'Native', [block], token),
    async tryBlock(table, block) {
      const trial = `${table}_trial`
      await commandBy(engine.setup)(`CREATE OR REPLACE TABLE ${qualified(database, trial)} AS ${qualified(database, table)} ENGINE = Null`)
      await insert(trial, 'Native', [block], 'trial')
    },
    async deleteRows(table, condition) {
      if (closed) throw new WarehouseUnavailable('it was closed')
      await deleteRows({ query, command: commandBy(engine.setup), database }, table, condition)
    },
    query,
    export: exportRows,
    ...(engine.copyTo && { copyTo: engine.copyTo }),
    async health() {
      try {
        const [disk] = await query<{ free: number; total: number }>(
          'SELECT min(free_space) AS free, argMin(total_space, free_space) AS total FROM system.disks',
          { timeoutMs: 5_000 },
        )
        const share = disk === undefined || disk.total === 0 ? 1 : disk.free / disk.total
        return share < minFreeSpace
          ? {
              healthy: false,
              reason: `only ${(share * 100).toFixed(1)}% of the disk is free: inserts fail when it is full, and so does removing data`,
            }
          : { healthy: true, reason: 'answers' }
      } catch (error) {
        return { healthy: false, reason: error instanceof Error ? error.message : String(error) }
      }
    },
    async close() {
      if (closed) return
      closed = true
      await engine.close()
    },
  }
}
