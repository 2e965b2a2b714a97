export { type AdoptionPoint, adoptionStep, readAdoption } from './adoption.ts'
export {
  type Compared,
  createReleaseComparison,
  directionOf,
  isComparable,
  type Release,
  type ReleaseComparing,
  type ReleaseComparison,
  type ReleaseMetric,
  type ReleaseVolume,
} from './compare.ts'
export { type CrashFree, readCrashFree } from './crash-free.ts'
export { type CrashGroup, readCrashGroups, TREND_DAYS } from './crash-groups.ts'
export { type GateFacts, type GateResult, type GateValue, gatePassed, judgeGate, type LimitCheck } from './gate.ts'
export type { Interval } from './intervals.ts'
export { createReadReleases, type KnownRelease, type ReadReleases, type ReleasesDeps, releaseBefore } from './known.ts'
export {
  type DeclaredRelease,
  type GateCheck,
  NO_RELEASES,
  RELEASES,
  type ReleasesFile,
  releasesSection,
  STAGES,
} from './releases-section.ts'
export type { Verdict } from './verdict.ts'
export { RELEASES_VIEW, releaseViews } from './view.ts'
