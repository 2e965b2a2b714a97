import { join } from 'node:path'
import type { Settings } from './settings.ts'

/** Where each store of a product lies, for the packages' `open`: a server that the settings name, else a folder of the data folder. */
export function placesOf(settings: Settings, product: string) {
  const { dataDir, partitions, kafka, redisUrl, clickhouseUrl } = settings
  return {
    log: { product, kafka, folder: join(dataDir, 'log'), partitions },
    counters: { product, redisUrl, folder: join(dataDir, 'counters') },
    warehouse: { clickhouseUrl, folder: join(dataDir, 'warehouse') },
    state: { product, redisUrl, folder: join(dataDir, 'state') },
  }
}
