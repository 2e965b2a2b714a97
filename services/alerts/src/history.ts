import type { Warehouse } from '@northstar/clickhouse'
import type { HistoryRow } from './documents.ts'

export interface HistoryQuery {
  readonly limit: number
  readonly rule?: string
  /** Rows of this span, epoch ms, `to` excluded. */
  readonly from?: number
  readonly to?: number
}

export type ReadHistory = (options: HistoryQuery) => Promise<readonly HistoryRow[]>

/** The last time that the column holds: the year 2299. */
const LAST = Date.UTC(2299, 11, 31)

/** Reads the warehouse's `alert_history`, newest first. */
export function createHistoryReader(query: Warehouse['query']): ReadHistory {
  return ({ limit, rule, from, to }) =>
    query<HistoryRow>(
      `SELECT toUnixTimestamp64Milli(h.at) AS at, rule, fingerprint, severity, state, toUnixTimestamp64Milli(h.starts_at) AS starts_at,
         toUnixTimestamp64Milli(h.ends_at) AS ends_at, value, threshold, labels
       FROM alert_history AS h
       WHERE ({rule:String} = '' OR rule = {rule:String})
         AND h.at >= fromUnixTimestamp64Milli({from:Int64}) AND h.at < fromUnixTimestamp64Milli({to:Int64})
       ORDER BY h.at DESC, rule, fingerprint
       LIMIT {limit:UInt32}`,
      { params: { limit, rule: rule ?? '', from: from ?? 0, to: to ?? LAST } },
    )
}
