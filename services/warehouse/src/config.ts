import { DUPLICATE_WINDOW } from '@northstar/events'

export interface WarehouseConfig {
  /** Must be the same for the counters, since both groups must find the same repeats. */
  readonly duplicateWindow: number
  /** Maximum size of an insert's records, bytes. */
  readonly batchBytes: number
  /** How long a batch gathers records after its first one, ms; up to `maxLingerMs` when inserts take long and records keep arriving. */
  readonly lingerMs: number
  readonly maxLingerMs: number
  /** An announcement older than this is repeated before the insert is sent, ms: the process may have been frozen. */
  readonly announcementMs: number
}

export const WAREHOUSE_DEFAULTS: WarehouseConfig = {
  duplicateWindow: DUPLICATE_WINDOW,
  batchBytes: 8 * 1024 * 1024,
  lingerMs: 500,
  maxLingerMs: 5_000,
  announcementMs: 5_000,
}
