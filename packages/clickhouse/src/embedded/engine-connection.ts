import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type { ClickHouseClientConfigOptions } from '@clickhouse/client'
import type { createSlots } from '@northstar/runtime/async'
import { identifier, literal } from '../statements.ts'
import type { InProcessEngine } from './engine.ts'
import { paramText } from './param-text.ts'

type Connection = NonNullable<ClickHouseClientConfigOptions['connection']>
type Statement = Parameters<Connection['query']>[0]

/** Settings of the HTTP server, which the engine in process does not have. */
const HTTP_ONLY = new Set(['wait_end_of_query', 'enable_http_compression'])

/** Limits how many statements run at a time. */
type Slots = ReturnType<typeof createSlots>

/**
 * The connection of `@clickhouse/client` to the engine in process, instead of HTTP. In chdb's own connection settings last for the session,
 * statements wait for each other, and all statements with parameters of a process share one queue.
 */
export function createEngineConnection(engine: InProcessEngine, slots: Slots, database?: string): Connection {
  async function run(
    statement: Statement,
  ): Promise<{ stream: Readable; query_id: string; response_headers: Record<string, string>; http_status_code: number }> {
    const bytes = await slots(() => engine.run([...preparations(statement, database), statement.query]))
    return { stream: Readable.from([Buffer.from(bytes)], { objectMode: false }), ...base(statement) }
  }

  return {
    query: run,
    async command(statement) {
      await run(statement)
      return base(statement)
    },
    async ping() {
      try {
        await run({ query: 'SELECT 1' })
        return { success: true }
      } catch (error) {
        return { success: false, error: error instanceof Error ? error : new Error(String(error)) }
      }
    },
    exec: statement =>
      statement.values === undefined
        ? run(statement)
        : Promise.reject(new Error('the engine in process supports no statements with a body')),
    insert: () => Promise.reject(new Error('the engine in process supports no statements with a body')),
    close: () => Promise.resolve(),
  }
}

function base(statement: Statement): { query_id: string; response_headers: Record<string, string>; http_status_code: number } {
  return { query_id: statement.query_id ?? randomUUID(), response_headers: {}, http_status_code: 200 }
}

/** The statements that prepare a session, as few as possible: each costs half a millisecond. */
export function preparations(
  { query_params = {}, clickhouse_settings = {} }: Pick<Statement, 'query_params' | 'clickhouse_settings'>,
  database: string | undefined,
): string[] {
  const settings = [
    ...Object.entries(query_params).map(([name, value]) => [`param_${name}`, paramText(value)] as const),
    ...Object.entries(clickhouse_settings).flatMap(([name, value]) =>
      value === undefined || HTTP_ONLY.has(name) ? [] : [[name, String(value)] as const],
    ),
    // With this small memory limit the engine would allow a query only one thread.
    ['max_threads_min_free_memory_per_thread', String(64 * 1024 ** 2)] as const,
  ]
  return [
    ...(database === undefined ? [] : [`USE ${identifier(database)}`]),
    `SET ${settings.map(([name, value]) => `${identifier(name)} = ${literal(value)}`).join(', ')}`,
  ]
}
