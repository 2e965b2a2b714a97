import type { Warehouse } from '@northstar/clickhouse'
import { type HistoryRow, historyToken } from './documents.ts'

export interface HistoryQuery {
  readonly limit: number
  readonly rule?: string
  readonly fingerprint?: string
  /** The span of rows, epoch ms, `to` excluded. */
  readonly from?: number
  readonly to?: number
  /** Only the ends of alerts that fired at this instant, epoch ms. */
  readonly firingAt?: number
}

export type ReadHistory = (options: HistoryQuery) => Promise<readonly HistoryRow[]>

/** The maximum of the column's type, in 2299. */
const LAST = Date.UTC(2299, 11, 31)

/** Reads the warehouse's `alert_history`, newest first. */
export function createHistoryReader(query: Warehouse['query']): ReadHistory {
  return ({ limit, rule, fingerprint, from, to, firingAt }) =>
    query<HistoryRow>(
      `SELECT toUnixTimestamp64Milli(h.at) AS at, rule, fingerprint, severity, state, toUnixTimestamp64Milli(h.starts_at) AS starts_at,
         toUnixTimestamp64Milli(h.ends_at) AS ends_at, value, threshold, labels
       FROM alert_history AS h
       WHERE ({rule:String} = '' OR rule = {rule:String}) AND ({fingerprint:String} = '' OR fingerprint = {fingerprint:String})
         AND h.at >= fromUnixTimestamp64Milli({from:Int64}) AND h.at < fromUnixTimestamp64Milli({to:Int64})
         AND ({firingAt:Int64} = 0 OR (state = 'resolved' AND h.starts_at <= fromUnixTimestamp64Milli({firingAt:Int64})
           AND h.ends_at > fromUnixTimestamp64Milli({firingAt:Int64})))
       ORDER BY h.at DESC, rule, fingerprint
       LIMIT {limit:UInt32}`,
      { params: { limit, rule: rule ?? '', fingerprint: fingerprint ?? '', from: from ?? 0, to: to ?? LAST, firingAt: firingAt ?? 0 } },
    )
}

export interface HistoryStoreDeps {
  readonly insert: Warehouse['insert']
  /** The rows that have yet to be stored. */
  readonly rows: () => readonly HistoryRow[]
  readonly onStored: (row: HistoryRow) => void
  readonly onFailure: (error: unknown) => void
}

/** Returns a function that flushes pending rows in the background, so that the warehouse never delays an alert. A call during a flush is ignored. */
export function createHistoryStore({ insert, rows, onStored, onFailure }: HistoryStoreDeps): () => void {
  let storing = false
  const store = async () => {
    for (const row of rows()) {
      await insert('alert_history', [Buffer.from(`${JSON.stringify(row)}\n`)], historyToken(row))
      onStored(row)
    }
  }
  return () => {
    if (storing) return
    storing = true
    store()
      .catch(onFailure)
      .finally(() => {
        storing = false
      })
  }
}
