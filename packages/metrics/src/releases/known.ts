import { DAY_MS } from '@northstar/catalogue'
import type { Query } from '../counted.ts'
import type { MetricCatalogue } from '../metric-catalogue.ts'
import type { Release } from './compare.ts'
import { findReleases } from './found.ts'
import { newestFirst } from './order.ts'
import { type DeclaredRelease, declaredDate, NO_RELEASES } from './releases-section.ts'

/** A release that events name, or that is declared with a date that is not in the future. Its `from` is the declared date, else its first event. */
export interface KnownRelease extends Release {
  /** Epoch ms; null before its first event. */
  readonly firstSeen: number | null
  readonly sessions: number
  readonly users: number
  /** Its share of all releases' sessions of the last 7 days; null without any. */
  readonly share: number | null
  /** Null if `releases.yaml` does not declare it. */
  readonly declared: DeclaredRelease | null
}

export interface ReleasesDeps {
  readonly catalogue: MetricCatalogue
  readonly query: Query
  readonly now: () => number
}

export type ReadReleases = () => Promise<readonly KnownRelease[]>

const RECENT_MS = 7 * DAY_MS
/** How long the list of releases is cached, ms: every page with a chart reads it. */
const CACHED_MS = 5_000

/** Returns a function that reads the known releases, the newest by semantic version first. Calls within {@link CACHED_MS} share one query. */
export function createReadReleases({ catalogue, query, now }: ReleasesDeps): ReadReleases {
  const { property, releases } = catalogue.releases ?? NO_RELEASES
  const { timezone } = catalogue.product
  const isNamed = catalogue.plan.columns.some(({ name }) => name === property)

  async function read(): Promise<readonly KnownRelease[]> {
    const at = now()
    const found = new Map((isNamed ? await findReleases(query, property, at - RECENT_MS) : []).map(one => [one.version, one]))
    const declared = new Map(releases.map(one => [one.version, one]))
    // Newest first: versions without a semantic order keep this order.
    const bySighting = [...found.values()].toSorted((a, b) => b.firstSeen - a.firstSeen).map(({ version }) => version)
    const versions = [...new Set([...bySighting, ...declared.keys()])]
    return newestFirst(
      versions.flatMap((version): KnownRelease[] => {
        const [seen, own] = [found.get(version), declared.get(version)]
        const date = own ? declaredDate(own, timezone) : null
        const from = date !== null && date <= at ? date : seen?.firstSeen
        if (from === undefined) return []
        return [
          {
            version,
            from,
            firstSeen: seen?.firstSeen ?? null,
            sessions: seen?.sessions ?? 0,
            users: seen?.users ?? 0,
            share: seen?.share ?? null,
            declared: own ?? null,
          },
        ]
      }),
    )
  }

  let cached: { readonly readAt: number; readonly releases: Promise<readonly KnownRelease[]> } | undefined
  return () => {
    if (cached && Math.abs(now() - cached.readAt) < CACHED_MS) return cached.releases
    const reading = read()
    cached = { readAt: now(), releases: reading }
    reading.catch(() => {
      cached = undefined
    })
    return reading
  }
}

/** The preceding release by semantic version; null for the first. */
export const releaseBefore = (releases: readonly KnownRelease[], version: string): KnownRelease | null =>
  releases[releases.findIndex(one => one.version === version) + 1] ?? null
