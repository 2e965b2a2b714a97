import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client'
import { queryFailure } from './failures.ts'
import { parseRows } from './json-rows.ts'
import type { QueryOptions } from './port.ts'

export const DEFAULT_TIMEOUT_MS = 30_000
/** How much longer than the engine's time limit the client waits for an answer, ms. */
export const GRACE_MS = 5_000

/**
 * Runs one statement that reads.
 * @param readonly the engine's setting. Parsing a statement as a value needs `2`; it is not run.
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
    // Otherwise an error during the answer would have status 200.
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
