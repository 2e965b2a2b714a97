import type { StateStore } from '@northstar/state'
import type { CollectFailedCode, Sample } from './collector.ts'

/** `collectors/NAME`. Times are epoch ms. */
export interface CollectorDocument {
  readonly cursor: unknown
  /** A step whose samples may be durable or not: they are sent again, as they are, before anything else. */
  readonly pending?: { readonly samples: readonly Sample[]; readonly cursor: unknown }
  /** When the last complete run began. */
  readonly freshAt?: number
  /** The source asked to be left alone until then. */
  readonly waitUntil?: number
  readonly failing?: { readonly since: number; readonly code: CollectFailedCode | 'unexpected'; readonly reason: string }
  /** Samples that were older than the retention and are not stored. */
  readonly tooOld: number
}

export const keyOf = (name: string) => `collectors/${name}`

export const NEW_DOCUMENT: CollectorDocument = { cursor: null, tooOld: 0 }

export const readDocument = async (state: Pick<StateStore, 'get'>, name: string) =>
  (await state.get<CollectorDocument>(keyOf(name))) ?? { value: NEW_DOCUMENT, version: 0 }
