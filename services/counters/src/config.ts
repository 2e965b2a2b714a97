import { DUPLICATE_WINDOW } from '@northstar/events'

export interface CountersConfig {
  /** How many preceding events of a partition are searched for a repeated id. */
  readonly duplicateWindow: number
  /** The most bytes of records folded at once. */
  readonly batchBytes: number
  /** How long a batch is gathered after its first record, ms: at least, and at most when batches take long. */
  readonly lingerMs: number
  readonly maxLingerMs: number
  /** How often the group's offset is committed to the log, ms. Only lag is read from it: the position itself lies in the counters. */
  readonly commitEveryMs: number
}

export const COUNTERS_DEFAULTS: CountersConfig = {
  duplicateWindow: DUPLICATE_WINDOW,
  batchBytes: 2 * 1024 * 1024,
  lingerMs: 5,
  maxLingerMs: 50,
  commitEveryMs: 2_000,
}
