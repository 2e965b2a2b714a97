import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import { queryFailure } from './failures.ts'
import { parseRows } from './json-rows.ts'
import type { QueryOptions } from './port.ts'

export const DEFAULT_TIMEOUT_MS = 30_000
/** The engine ends a query at its time-out; the client waits this much longer for its answer. */
export const GRACE_MS = 5_000

/**
 * Runs one statement that reads.
 * @param readonly the engine's setting. Parsing a statement inside another needs `2`; nothing of it runs.
 * @throws QueryFailed, WarehouseUnavailable
 */
export async function runQuery<T>(
  client: ClickHouseClient,
  sql: string,
  { params, timeoutMs = DEFAULT_TIMEOUT_MS }: QueryOptions,
  readonly: '1' | '2' = '1',
): Promise<readonly T[]> {
  const settings: ClickHouseSettings = {
    max_execution_time: timeoutMs / 1000,
    output_format_json_quote_64bit_integers: 0,
    // Otherwise an error in the middle of the answer comes with status 200.
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
