export { createReleaseComparison, type Release, type ReleaseComparison, type ReleaseComparisonDeps, type ReleaseMetric } from './compare.ts'
export { type FoundRelease, findReleases } from './found.ts'
export type { Interval } from './intervals.ts'
export type { Verdict } from './verdict.ts'
