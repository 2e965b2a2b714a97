import { createHash } from 'node:crypto'
import { ClickHouseError } from '@clickhouse/client'
import type { AnalystAccount } from '../port.ts'
import { identifier, literal } from '../statements.ts'

const PROFILE = 'northstar_analyst'

/** The limits of the account's statements. Settings that clients send with each statement can be changed within bounds. */
const SETTINGS = [
  'readonly = 1',
  'allow_ddl = 0',
  'allow_introspection_functions = 0',
  'max_execution_time = 60 MIN 1 MAX 60 CHANGEABLE_IN_READONLY',
  'max_result_rows = 1000000 MIN 1 MAX 1048576 CHANGEABLE_IN_READONLY',
  "result_overflow_mode = 'throw' CHANGEABLE_IN_READONLY",
  'output_format_json_quote_64bit_integers = 1 CHANGEABLE_IN_READONLY',
  'output_format_json_quote_denormals = 1 CHANGEABLE_IN_READONLY',
  "session_timezone = '' CHANGEABLE_IN_READONLY",
  'select_sequential_consistency = 0 CHANGEABLE_IN_READONLY',
  'max_memory_usage = 1073741824',
  'max_result_bytes = 268435456',
  'max_rows_to_read = 2000000000',
  'max_concurrent_queries_for_user = 4',
  'cancel_http_readonly_queries_on_client_close = 1',
  'priority = 10',
]

/** Statements that create the account or update its password, limits and grants. They contain only the hash of the password. */
export function analystStatements(url: URL, databases: readonly string[]): readonly string[] {
  const user = identifier(decodeURIComponent(url.username))
  const hash = createHash('sha256').update(decodeURIComponent(url.password)).digest('hex')
  const identified = `IDENTIFIED WITH sha256_hash BY ${literal(hash)}`
  return [
    `CREATE SETTINGS PROFILE OR REPLACE ${identifier(PROFILE)} SETTINGS ${SETTINGS.join(', ')}`,
    `CREATE USER IF NOT EXISTS ${user} ${identified}`,
    `ALTER USER ${user} ${identified} SETTINGS PROFILE ${literal(PROFILE)}`,
    `REVOKE ALL ON *.* FROM ${user}`,
    ...[...new Set(databases)].map(database => `GRANT SELECT ON ${identifier(database)}.* TO ${user}`),
  ]
}

/** The outcomes of errors about the management of accounts: the server's configuration defines the account, or the caller lacks the right. */
const OUTCOMES: Readonly<Record<string, AnalystAccount['outcome']>> = {
  ACCESS_ENTITY_ALREADY_EXISTS: 'configured',
  ACCESS_STORAGE_READONLY: 'configured',
  ACCESS_DENIED: 'not_allowed',
  ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND: 'not_allowed',
}

/** Creates or updates the account if the server allows it; can be repeated. @throws the other errors of `run` */
export async function createAnalyst(statements: readonly string[], run: (sql: string) => Promise<unknown>): Promise<AnalystAccount> {
  try {
    for (const statement of statements) await run(statement)
    return { outcome: 'ready', statements }
  } catch (error) {
    const outcome = error instanceof ClickHouseError ? OUTCOMES[error.type ?? ''] : undefined
    if (outcome === undefined) throw error
    return { outcome, statements }
  }
}
