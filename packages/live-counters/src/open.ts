import { openEmbeddedCounters } from './embedded/index.ts'
import type { LiveCounters } from './port.ts'
import { connectRedisCounters } from './redis/index.ts'

/** Where the counters lie: in Redis where a URL names one, else in a folder. */
export interface LiveCountersSettings {
  readonly product: string
  readonly redisUrl?: string
  readonly folder: string
  /** How many the log has; a function where they may grow. */
  readonly partitions: number | (() => number)
}

export function openLiveCounters(settings: LiveCountersSettings, now: () => number): LiveCounters {
  const { redisUrl, folder, product, partitions } = settings
  return redisUrl ? connectRedisCounters({ url: redisUrl, product, partitions, now }) : openEmbeddedCounters({ folder, partitions, now })
}
