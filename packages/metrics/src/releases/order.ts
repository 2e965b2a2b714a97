import { compareBuild, parse, type SemVer } from 'semver'

/** `v1.2.0` is 1.2.0; null for a text that is not a semantic version. */
export const semanticVersion = (version: string): SemVer | null => parse(version, { loose: true })

/** Sorts by semantic version, the highest first. Releases without a semantic version come last, in their given order. */
export function newestFirst<T extends { readonly version: string }>(releases: readonly T[]): readonly T[] {
  return releases
    .map(release => ({ release, parsed: semanticVersion(release.version) }))
    .toSorted((a, b) => (a.parsed && b.parsed ? compareBuild(b.parsed, a.parsed, true) : Number(!a.parsed) - Number(!b.parsed)))
    .map(({ release }) => release)
}
