import { openEmbeddedState } from './embedded/index.ts'
import type { StateStore } from './port.ts'
import { connectRedisState } from './redis/index.ts'

/** Where the documents lie: in Redis where a URL names one, else in a folder. */
export interface StateSettings {
  readonly product: string
  readonly redisUrl?: string
  readonly folder: string
}

export function openState(settings: StateSettings, now: () => number): StateStore {
  const { redisUrl, folder, product } = settings
  return redisUrl ? connectRedisState({ url: redisUrl, product }) : openEmbeddedState({ path: folder }, { now })
}
