import { Readable } from 'node:stream'
import { createClient, drainStream } from '@clickhouse/client'
import { createClientWarehouse, type WarehouseOptions } from '../client-warehouse.ts'
import { QUIET } from '../engine.ts'
import type { Warehouse } from '../port.ts'
import { INSERT_TIMEOUT_MS, insertSettings, qualified } from '../statements.ts'
import { analystStatements, createAnalyst } from './analyst-account.ts'

export interface ServerWarehouseOptions extends WarehouseOptions {
  /** `http(s)://user:password@host:port/database`. */
  readonly url: string
  /** The account of ad-hoc statements, in the same form, with its own limits. Default: that of `url`. */
  readonly analystUrl?: string
}

/** The warehouse on a ClickHouse server. It connects on first use; {@link Warehouse.migrate} creates the database. */
export function connectWarehouse(options: ServerWarehouseOptions): Warehouse {
  const url = new URL(options.url)
  const database = options.database ?? (decodeURIComponent(url.pathname.slice(1)) || 'northstar')
  const connection = connectionOf(url)
  const client = createClient({ ...connection, database })
  const urgent = createClient({ ...connection, database, max_open_connections: 2 })
  const setup = createClient(connection)
  const analyst = options.analystUrl === undefined ? undefined : createClient({ ...connectionOf(new URL(options.analystUrl)), database })

  return createClientWarehouse(
    {
      client,
      urgent,
      setup,
      analyst,
      ...(options.analystUrl !== undefined && {
        createAnalyst: databases =>
          createAnalyst(analystStatements(new URL(options.analystUrl ?? ''), databases), query => setup.command({ query })),
      }),
      database,
      async insert(table, format, chunks, token) {
        const query = `INSERT INTO ${qualified(database, table)} ${insertSettings(token)} FORMAT ${format}`
        if (chunks.length === 0) return
        const { stream } = await client.exec({
          query,
          values: Readable.from(chunks, { objectMode: false }),
          clickhouse_settings: { wait_end_of_query: 1 },
        })
        await drainStream(stream)
      },
      async close() {
        await Promise.all([client.close(), urgent.close(), setup.close(), analyst?.close()])
      },
    },
    options,
  )
}

function connectionOf(url: URL) {
  return {
    url: url.origin,
    username: decodeURIComponent(url.username) || 'default',
    password: decodeURIComponent(url.password),
    request_timeout: INSERT_TIMEOUT_MS,
    application: 'northstar',
    log: QUIET,
  }
}
