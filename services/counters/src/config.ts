import { DUPLICATE_WINDOW } from '@northstar/events'

export interface CountersConfig {
  /** How many preceding events of a partition are searched for a repeated id. */
  readonly duplicateWindow: number
  /** Maximum size of a batch, bytes. */
  readonly batchBytes: number
  /** How long a batch gathers records after its first one, ms; up to `maxLingerMs` if batches take long. */
  readonly lingerMs: number
  readonly maxLingerMs: number
  /** Interval of offset commits to the log, ms. Only lag is read from them: the position itself is in the counters' store. */
  readonly commitEveryMs: number
}

export const COUNTERS_DEFAULTS: CountersConfig = {
  duplicateWindow: DUPLICATE_WINDOW,
  batchBytes: 2 * 1024 * 1024,
  lingerMs: 5,
  maxLingerMs: 50,
  commitEveryMs: 2_000,
}
