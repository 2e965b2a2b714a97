import type { Warehouse } from '@northstar/clickhouse'
import type { HistoryRow } from './documents.ts'

export type ReadHistory = (options: { readonly limit: number; readonly rule?: string }) => Promise<readonly HistoryRow[]>

/** Reads the warehouse's `alert_history`, newest first. */
export function createHistoryReader(query: Warehouse['query']): ReadHistory {
  return ({ limit, rule }) =>
    query<HistoryRow>(
      `SELECT toUnixTimestamp64Milli(h.at) AS at, rule, fingerprint, severity, state, toUnixTimestamp64Milli(h.starts_at) AS starts_at,
         toUnixTimestamp64Milli(h.ends_at) AS ends_at, value, threshold, labels
       FROM alert_history AS h
       WHERE {rule:String} = '' OR rule = {rule:String}
       ORDER BY h.at DESC, rule, fingerprint
       LIMIT {limit:UInt32}`,
      { params: { limit, rule: rule ?? '' } },
    )
}
