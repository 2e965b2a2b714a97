import { openEmbeddedState } from './embedded/index.ts'
import type { StateStore } from './port.ts'
import { connectRedisState } from './redis/index.ts'

/** Where the documents lie: in Redis where a URL names one, else in a folder. */
export interface StateSettings {
  readonly product: string
  readonly redisUrl?: string
  readonly folder: string
}

/** @param onWarning called with what an operator should change about the server */
export function openState(settings: StateSettings, now: () => number, onWarning?: (message: string) => void): StateStore {
  const { redisUrl, folder, product } = settings
  return redisUrl ? connectRedisState({ url: redisUrl, product, onWarning }) : openEmbeddedState({ path: folder }, { now })
}
