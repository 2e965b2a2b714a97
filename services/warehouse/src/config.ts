import { DUPLICATE_WINDOW } from '@northstar/events'

export interface WarehouseConfig {
  /** The same as in the counters: both groups must find the same repeats. */
  readonly duplicateWindow: number
  /** The most bytes of records stored in one insert. */
  readonly batchBytes: number
  /** How long a batch is gathered after its first record, ms: at least, and at most when inserts take long and more keeps coming. */
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
