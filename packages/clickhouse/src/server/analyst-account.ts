import { createHash } from 'node:crypto'
import { ClickHouseError } from '@clickhouse/client'
import type { AnalystAccount } from '../port.ts'
import { identifier, literal } from '../statements.ts'

const PROFILE = 'northstar_analyst'

/** What the account's statements may take. Settings that clients send with each statement are changeable within bounds. */
const SETTINGS = [
  'readonly = 1',
  'allow_ddl = 0',
  'allow_introspection_functions = 0',
  'max_execution_time = 60 MIN 1 MAX 60 CHANGEABLE_IN_READONLY',
  'max_result_rows = 1000000 MIN 1 MAX 1048576 CHANGEABLE_IN_READONLY',
  "result_overflow_mode = 'throw' CHANGEABLE_IN_READONLY",
  'output_format_json_quote_64bit_integers = 1 CHANGEABLE_IN_READONLY',
  "session_timezone = '' CHANGEABLE_IN_READONLY",
  'select_sequential_consistency = 0 CHANGEABLE_IN_READONLY',
  'max_memory_usage = 1073741824',
  'max_result_bytes = 268435456',
  'max_rows_to_read = 2000000000',
  'max_concurrent_queries_for_user = 4',
  'cancel_http_readonly_queries_on_client_close = 1',
  'priority = 10',
]

/** Statements that make the account, or give it today's password, limits and grants. They have the hash of the password alone. */
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

/** Failures that say who manages accounts, by their code: the server's configuration does, or somebody with more rights. */
const OUTCOMES: Readonly<Record<string, AnalystAccount['outcome']>> = {
  ACCESS_ENTITY_ALREADY_EXISTS: 'configured',
  ACCESS_STORAGE_READONLY: 'configured',
  ACCESS_DENIED: 'not_allowed',
  ACCESS_STORAGE_FOR_INSERTION_NOT_FOUND: 'not_allowed',
}

/** Makes the account as far as the server lets the caller. Harmless to repeat. @throws what `run` throws for other reasons */
export async function makeAnalyst(statements: readonly string[], run: (sql: string) => Promise<unknown>): Promise<AnalystAccount> {
  try {
    for (const statement of statements) await run(statement)
    return { outcome: 'ready', statements }
  } catch (error) {
    const outcome = error instanceof ClickHouseError ? OUTCOMES[error.type ?? ''] : undefined
    if (outcome === undefined) throw error
    return { outcome, statements }
  }
}
