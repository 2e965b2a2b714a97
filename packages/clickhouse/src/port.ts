/**
 * The warehouse: ClickHouse, as a server or as the engine in process, behind one port and the same SQL.
 */
import type { TrackingPlan } from '@northstar/catalogue'

/** A value for a `{name:Type}` placeholder. */
export type QueryParam = string | number | boolean | readonly (string | number)[]

export interface QueryOptions {
  readonly params?: Readonly<Record<string, QueryParam>>
  /** The engine gives up after so long, in ms. Default 30,000. */
  readonly timeoutMs?: number
  /** Answered over connections that other queries cannot take, so that no number of them delays it. For the evaluation of alert rules. */
  readonly urgent?: boolean
}

export const EXPORT_FORMATS = { json: 'JSON', csv: 'CSVWithNames', parquet: 'Parquet' } as const

export interface ExportOptions {
  readonly format: keyof typeof EXPORT_FORMATS
  /** Default 30,000. */
  readonly timeoutMs?: number
  /** A statement with more rows fails. Default 100,000. */
  readonly maxRows?: number
  /** Databases that may be read besides the warehouse's own. Default none. */
  readonly databases?: readonly string[]
  /** Columns of `events` that the statement must not name; then it may not ask `events` for all columns either. */
  readonly hiddenColumns?: readonly string[]
  readonly hiddenTables?: readonly string[]
  /** Ends the statement. */
  readonly signal?: AbortSignal
}

/** A view besides those of the events. */
export interface ViewDefinition {
  /** `database.view` */
  readonly name: string
  /** Its query. Names without a database are those of the warehouse's own. */
  readonly select: string
}

/**
 * What is kept beside the events so that some question need not read them all: a projection, which lies in each part of the table, so that
 * it always says what the rows say. The engine answers from it whatever asks for the same aggregates by the same columns.
 */
export interface RollupDefinition {
  readonly name: string
  /** `SELECT …, aggregates GROUP BY …` of columns of `events`, without FROM. */
  readonly select: string
}

/** What follows from the product besides its tracking plan. */
export interface Definitions {
  readonly views?: readonly ViewDefinition[]
  readonly rollups?: readonly RollupDefinition[]
  /** The event kinds whose rows are also kept in `durable_events`, which has the columns of `events` and no retention. */
  readonly durableEvents?: readonly string[]
  /** Fingerprint of the secret that pseudonyms are made with. The first one is recorded for good. */
  readonly secretFingerprint?: string
}

export interface Migrated {
  /** Names of the steps taken. */
  readonly applied: readonly string[]
  /** The recorded fingerprint; undefined while none is. */
  readonly secretFingerprint?: string
  /** Absent without an account of its own for people's statements. */
  readonly analyst?: AnalystAccount
}

/** The account of a server that people's statements run under. */
export interface AnalystAccount {
  /** `ready`: it has its password, limits and grants. `configured`: the server's configuration has it. `not_allowed`: it must be made by others. */
  readonly outcome: 'ready' | 'configured' | 'not_allowed'
  /** What makes it; for an administrator to run. */
  readonly statements: readonly string[]
}

export interface Warehouse {
  /** Brings every table and view to what the code, the plan and the definitions need. Numbered, additive, harmless to repeat. */
  migrate(plan: TrackingPlan, definitions?: Definitions): Promise<Migrated>
  /**
   * Inserts rows that this project encoded, as JSON, one a line. Exactly once for each token, in the table and in every view that
   * hangs on it, however often it is repeated. Rejects with {@link RowsRefused} (nothing is stored) or {@link WarehouseUnavailable}.
   * @param token what names this batch: `^[A-Za-z0-9_:-]{1,128}$`
   */
  insert(table: string, rows: readonly Uint8Array[], token: string): Promise<void>
  /** The same of a block in ClickHouse's `Native` format, such as `concatenate` of @northstar/events makes. Columns that the table lacks are left out. */
  insertBlock(table: string, block: Uint8Array, token: string): Promise<void>
  /** Reads and converts a block as {@link insertBlock} would, and stores nothing. Rejects like it. */
  tryBlock(table: string, block: Uint8Array): Promise<void>
  /**
   * Deletes rows, waits until no query sees them and the files that held them are removed. Inserts go on meanwhile; what they add may stay.
   * @param condition SQL of the program's own, without anything from outside
   */
  deleteRows(table: string, condition: string): Promise<void>
  /** Rows as objects. 64-bit integers come as numbers where they are safe. Reads never wait for inserts. */
  query<T>(sql: string, options?: QueryOptions): Promise<readonly T[]>
  /**
   * The answer of somebody's statement as a document. Only reads, within limits of time, rows, bytes and memory.
   * `json` is ClickHouse's own form: `meta` with names and types, `data` with rows as objects; 64-bit integers are strings.
   */
  export(sql: string, options: ExportOptions): Promise<Uint8Array>
  health(): Promise<{ readonly healthy: boolean; readonly reason: string }>
  /**
   * Copies every table with its memory of tokens into a folder where it can be opened. No insert runs while the contents are set aside
   * and `whileStill` runs, so that what that copies belongs to the same moment; reads go on. Absent where the warehouse is a server's.
   */
  readonly copyTo?: (folder: string, whileStill: () => Promise<void>) => Promise<void>
  close(): Promise<void>
}

/** The engine understood the insert and will never take these rows: a value does not fit its column. */
export class RowsRefused extends Error {
  readonly code = 'rows_refused'
  readonly retryable = false
  constructor(reason: string, options?: ErrorOptions) {
    super(`the warehouse refused the rows: ${reason}`, options)
    this.name = 'RowsRefused'
  }
}

/** The engine cannot be reached, is out of space or overloaded: try again. */
export class WarehouseUnavailable extends Error {
  readonly code: 'warehouse_unavailable' | 'table_missing' = 'warehouse_unavailable'
  readonly retryable = true
  constructor(reason: string, options?: ErrorOptions) {
    super(`the warehouse is unavailable: ${reason}`, options)
    this.name = 'WarehouseUnavailable'
  }
}

/** An insert found no table: the warehouse was emptied, with all that it held, or never migrated. */
export class TableMissing extends WarehouseUnavailable {
  override readonly code = 'table_missing'
}

/** The statement is wrong, or ran out of its time or memory. */
export class QueryFailed extends Error {
  readonly code = 'query_failed'
  readonly retryable = false
  /** Where the statement cannot be parsed: the place in its text, in characters from 0. */
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
