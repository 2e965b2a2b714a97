import { join } from 'node:path'
import type { Settings } from './settings.ts'

/** The location of each store of a product, for the packages' `open`: a server that the settings name, else a folder below the data folder. */
export function storeLocations(settings: Settings, product: string) {
  const { dataDir, partitions, kafka, redisUrl, clickhouseUrl, analystUrl, retentionDays, requireSandbox } = settings
  return {
    log: { product, kafka, folder: join(dataDir, 'log'), partitions },
    counters: { product, redisUrl, folder: join(dataDir, 'counters') },
    warehouse: { clickhouseUrl, analystUrl, folder: join(dataDir, 'warehouse'), retentionDays, requireSandbox },
    state: { product, redisUrl, folder: join(dataDir, 'state') },
  }
}

export type StoreLocations = ReturnType<typeof storeLocations>
