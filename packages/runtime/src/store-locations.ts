import { join } from 'node:path'
import type { Settings } from './settings.ts'

/** The location of each store of a product, for the packages' `open`: the server in the settings, or a folder in the data folder. */
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
