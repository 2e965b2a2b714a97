import { useData } from '../api/store.ts'
import type { ReleasesAnswer } from '../api/types.ts'

export const RELEASES_PATH = '/v1/releases'

/** A release as a chart marks it. */
export interface Marker {
  readonly version: string
  /** Epoch ms. */
  readonly at: number
}

/** Markers that fit a chart: the newest ones. */
const MAX_MARKERS = 8

/** The product's releases, newest first; empty while they are loaded. */
export const useReleases = (): ReleasesAnswer['releases'] => useData<ReleasesAnswer>(RELEASES_PATH).data?.releases ?? []

/** The releases that came out between two times, epoch ms, the oldest first. */
export function useMarkers(from: number, to: number): readonly Marker[] {
  return useReleases()
    .map(({ version, date }) => ({ version, at: Date.parse(date) }))
    .filter(({ at }) => at >= from && at < to)
    .toSorted((a, b) => a.at - b.at)
    .slice(-MAX_MARKERS)
}
