import { type ClickHouseClient, ClickHouseLogLevel, type ClickHouseSettings } from '@clickhouse/client'
import type { AnalystAccount, Warehouse } from './port.ts'
import type { InsertFormat } from './statements.ts'

/** An adapter's clients and the operations that differ between adapters. */
export interface Engine {
  /** A client of the database. */
  readonly client: ClickHouseClient
  /** A client of the database with its own connections, for urgent queries. */
  readonly urgent: ClickHouseClient
  /** A client without a database, which works before the database exists. */
  readonly setup: ClickHouseClient
  readonly database: string
  /** @param chunks consecutive bytes in the format */
  insert(table: string, format: InsertFormat, chunks: readonly Uint8Array[], token: string): Promise<void>
  /** The client of ad-hoc statements: an account with read access and its own limits. Absent if `client` runs them. */
  readonly analyst?: ClickHouseClient
  /** Creates the account of `analyst` with read access to these databases. */
  readonly createAnalyst?: (databases: readonly string[]) => Promise<AnalystAccount>
  /** Runs an ad-hoc statement in isolation, with access only to the data. */
  readonly runIsolated?: (
    statement: string,
    settings: ClickHouseSettings,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
  ) => Promise<Uint8Array>
  readonly copyTo?: Warehouse['copyTo']
  close(): Promise<void>
}

/** The client must not log to the console: errors contain the same information. */
export const QUIET = { level: ClickHouseLogLevel.OFF } as const
