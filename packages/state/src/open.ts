import { openEmbeddedState } from './embedded/index.ts'
import type { StateStore } from './port.ts'
import { connectRedisState } from './redis/index.ts'

/** The location of the documents: Redis if there is a URL, else a folder. */
export interface StateSettings {
  readonly product: string
  readonly redisUrl?: string
  readonly folder: string
}

/** @param onWarning called with faults of the server's configuration */
export function openState(settings: StateSettings, now: () => number, onWarning?: (message: string) => void): StateStore {
  const { redisUrl, folder, product } = settings
  return redisUrl ? connectRedisState({ url: redisUrl, product, onWarning }) : openEmbeddedState({ path: folder }, { now })
}
