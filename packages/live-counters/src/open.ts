import { openEmbeddedCounters } from './embedded/index.ts'
import type { LiveCounters } from './port.ts'
import { connectRedisCounters } from './redis/index.ts'

/** The counters are stored in Redis if `redisUrl` is set, otherwise in `folder`. */
export interface LiveCountersSettings {
  readonly product: string
  readonly redisUrl?: string
  readonly folder: string
  /** The log's number of partitions; a function if it may grow. */
  readonly partitions: number | (() => number)
}

export function openLiveCounters(settings: LiveCountersSettings, now: () => number): LiveCounters {
  const { redisUrl, folder, product, partitions } = settings
  return redisUrl ? connectRedisCounters({ url: redisUrl, product, partitions, now }) : openEmbeddedCounters({ folder, partitions, now })
}
