/**
 * The warehouse: ClickHouse, as a server or as the engine in process, behind one port and the same SQL.
 */
import type { TrackingPlan } from '@northstar/catalogue'

/** A value for a `{name:Type}` placeholder. */
export type QueryParam = string | number | boolean | readonly (string | number)[]

export interface QueryOptions {
  readonly params?: Readonly<Record<string, QueryParam>>
  /** The engine's time limit, ms. Default 30,000. */
  readonly timeoutMs?: number
  /** Use connections that other queries cannot use, so that they do not delay this one. For alert rules. */
  readonly urgent?: boolean
}

export const EXPORT_FORMATS = { json: 'JSON', csv: 'CSVWithNames', parquet: 'Parquet' } as const

export interface ExportOptions {
  readonly format: keyof typeof EXPORT_FORMATS
  /** Default 30,000. */
  readonly timeoutMs?: number
  /** Maximum number of rows; a statement with more fails. Default 100,000. */
  readonly maxRows?: number
  /** Further databases that may be read. Default: none. */
  readonly databases?: readonly string[]
  /** Columns of `events` that the statement must not read, also not by `*`. */
  readonly hiddenColumns?: readonly string[]
  readonly hiddenTables?: readonly string[]
  /** Cancels the statement. */
  readonly signal?: AbortSignal
}

/** A view other than those of the events. */
export interface ViewDefinition {
  /** `database.view` */
  readonly name: string
  /** The view's query. Names without a database refer to the warehouse's own. */
  readonly select: string
}

/**
 * A rollup of the events, so that a query need not read them all: a projection, which each part of the table contains, so that it always agrees
 * with the rows. The engine uses it for queries with the same aggregates by the same columns.
 */
export interface RollupDefinition {
  readonly name: string
  /** `SELECT …, aggregates GROUP BY …` of columns of `events`, without FROM. */
  readonly select: string
}

/** The definitions of a product besides its tracking plan. */
export interface Definitions {
  readonly views?: readonly ViewDefinition[]
  readonly rollups?: readonly RollupDefinition[]
  /** The event kinds whose rows are also kept in `durable_events`, which has the columns of `events` and no retention. */
  readonly durableEvents?: readonly string[]
  /** The fingerprint of the pseudonyms' secret. The first one is recorded permanently. */
  readonly secretFingerprint?: string
}

export interface Migrated {
  /** The names of the steps that ran. */
  readonly applied: readonly string[]
  /** The recorded fingerprint; undefined without one. */
  readonly secretFingerprint?: string
  /** Absent if there is no separate account for ad-hoc statements. */
  readonly analyst?: AnalystAccount
}

/** The account of ad-hoc statements on a server. */
export interface AnalystAccount {
  /** `ready`: it has its password, limits and grants. `configured`: the server's configuration has it. `not_allowed`: an administrator must create it. */
  readonly outcome: 'ready' | 'configured' | 'not_allowed'
  /** The statements that create it, for an administrator. */
  readonly statements: readonly string[]
}

export interface Warehouse {
  /** Creates or updates all tables and views for the code, the plan and the definitions. Can be repeated. */
  migrate(plan: TrackingPlan, definitions?: Definitions): Promise<Migrated>
  /**
   * Inserts rows as lines of JSON, exactly once for each token, in the table and in all of its views, even if it is repeated. Rejects with
   * {@link RowsRefused} (nothing is stored) or {@link WarehouseUnavailable}.
   * @param token the name of the batch: `^[A-Za-z0-9_:-]{1,128}$`
   */
  insert(table: string, rows: readonly Uint8Array[], token: string): Promise<void>
  /** Inserts a block in ClickHouse's `Native` format, as {@link insert} does. Columns that the table lacks are ignored. */
  insertBlock(table: string, block: Uint8Array, token: string): Promise<void>
  /** Checks a block as {@link insertBlock} would, and stores nothing. Rejects like it. */
  tryBlock(table: string, block: Uint8Array): Promise<void>
  /**
   * Deletes rows. Resolves when no query returns them and their files are removed. Inserts continue; rows that they add meanwhile may stay.
   * @param condition SQL without any external input
   */
  deleteRows(table: string, condition: string): Promise<void>
  /** Runs a query and returns its rows as objects. Unsafe 64-bit integers are strings. Queries never wait for inserts. */
  query<T>(sql: string, options?: QueryOptions): Promise<readonly T[]>
  /**
   * Runs an ad-hoc statement and returns its answer as a document. It can only read, within limits of time, rows, bytes and memory.
   * `json` is ClickHouse's own form: `meta` with names and types, `data` with rows as objects; 64-bit integers are strings.
   */
  export(sql: string, options: ExportOptions): Promise<Uint8Array>
  health(): Promise<{ readonly healthy: boolean; readonly reason: string; readonly blocking?: false }>
  /**
   * Copies all tables, including their tokens, into a folder that can be opened. No insert runs during the snapshot and `whilePaused`, so that
   * what that copies is of the same moment; queries continue. Absent if the warehouse is on a server.
   */
  readonly copyTo?: (folder: string, whilePaused: () => Promise<void>) => Promise<void>
  close(): Promise<void>
}

/** Rows that the engine can never store, since a value does not fit its column. */
export class RowsRefused extends Error {
  readonly code = 'rows_refused'
  readonly retryable = false
  constructor(reason: string, options?: ErrorOptions) {
    super(`the warehouse refused the rows: ${reason}`, options)
    this.name = 'RowsRefused'
  }
}

/** The engine is unreachable, overloaded or out of space. Retry later. */
export class WarehouseUnavailable extends Error {
  readonly code: 'warehouse_unavailable' | 'table_missing' = 'warehouse_unavailable'
  readonly retryable = true
  constructor(reason: string, options?: ErrorOptions) {
    super(`the warehouse is unavailable: ${reason}`, options)
    this.name = 'WarehouseUnavailable'
  }
}

/** An insert found no table: the warehouse has lost its tables, or was never migrated. */
export class TableMissing extends WarehouseUnavailable {
  override readonly code = 'table_missing'
}

/** The statement is invalid, or exceeded its time or memory. */
export class QueryFailed extends Error {
  readonly code = 'query_failed'
  readonly retryable = false
  /** The position of a syntax error, in characters from 0. */
  readonly position?: number
  constructor(reason: string, options?: ErrorOptions & { readonly position?: number }) {
    super(`the query failed: ${reason}`, options)
    this.name = 'QueryFailed'
    this.position = options?.position
  }
}

/** The tracking plan contradicts the stored data. The message names the remedy. */
export class PlanRefused extends Error {
  readonly code = 'plan_refused'
  readonly retryable = false
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.name = 'PlanRefused'
  }
}
