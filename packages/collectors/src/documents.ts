import type { StateStore } from '@northstar/state'
import type { Sample } from './collector.ts'
import type { CollectFailedCode } from './failures.ts'

/** `collectors/NAME`. Times are epoch ms. */
export interface CollectorDocument {
  readonly cursor: unknown
  /** A step whose samples may not be durable yet: they are sent again, unchanged, before anything else. */
  readonly pending?: { readonly samples: readonly Sample[]; readonly cursor: unknown }
  /** The start of the last complete run. */
  readonly freshAt?: number
  /** The source asked not to be called before this time. */
  readonly waitUntil?: number
  readonly failing?: { readonly since: number; readonly code: CollectFailedCode | 'unexpected'; readonly reason: string }
  /** Number of samples that were older than the retention and are not stored. */
  readonly tooOld: number
}

export const keyOf = (name: string) => `collectors/${name}`

export const NEW_DOCUMENT: CollectorDocument = { cursor: null, tooOld: 0 }

export const readDocument = async (state: Pick<StateStore, 'get'>, name: string) =>
  (await state.get<CollectorDocument>(keyOf(name))) ?? { value: NEW_DOCUMENT, version: 0 }
