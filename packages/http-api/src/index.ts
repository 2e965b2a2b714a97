import { alert } from './alert.ts'
import { alerts } from './alerts.ts'
import { audit, keys, sessions, users } from './auth.ts'
import type { Declaration } from './declare.ts'
import { dialects, events } from './events.ts'
import { metrics } from './metrics.ts'
import { operations } from './operations.ts'
import { page } from './page.ts'
import { plan } from './plan.ts'
import { publicFigures } from './public.ts'
import { releases } from './releases.ts'
import { reports } from './reports.ts'
import { rules } from './rules.ts'
import { silences } from './silences.ts'
import { sql } from './sql.ts'

export type { AlertChanges, AlertComment, AlertCourse } from './alert.ts'
export type { Alert, HistoryEntry, Receiver } from './alerts.ts'
export {
  type AuditEntry,
  type Credentials,
  ENVIRONMENTS,
  type Key,
  type KeyEvents,
  type ListedSession,
  type Session,
  type User,
} from './auth.ts'
export * from './controls.ts'
export * from './declare.ts'
export { type InputPart, parseInput } from './input.ts'
export type {
  CohortPoint,
  Definition,
  Definitions,
  LiveMetric,
  LiveValues,
  MetricAnswer,
  MetricValue,
  Question,
  SeriesPoint,
} from './metrics.ts'
export type {
  BackupStatus,
  DeadLetters,
  DeadLetterTrial,
  ForgetAnswer,
  ForgetLine,
  Ingestion,
  LogPage,
  Readiness,
  Verification,
} from './operations.ts'
export type { DashboardAnswer, DashboardFigure, DashboardPanel } from './page.ts'
export { PAGE_ADDRESSES, type PageAddress } from './page-addresses.ts'
export type { ReloadAnswer, UnknownAnswer } from './plan.ts'
export type { PublicAnswer } from './public.ts'
export type {
  AdoptionPoint,
  ComparedMetric,
  CrashGroup,
  CrashGroupsAnswer,
  GateAnswer,
  ListedRelease,
  ReleaseAnswer,
  ReleasesAnswer,
} from './releases.ts'
export type {
  CollectorsAnswer,
  ListedReport,
  ReportAnswer,
  ScheduleAnswer,
} from './reports.ts'
export * from './roles.ts'
export type { BacktestAnswer, BacktestLine, Rule } from './rules.ts'
export type { Silence, SilencePreview } from './silences.ts'
export type { SqlSchema } from './sql.ts'

/** Every route by topic. */
export const api = {
  metrics,
  releases,
  alerts,
  alert,
  silences,
  rules,
  reports,
  sessions,
  users,
  keys,
  audit,
  operations,
  sql,
  plan,
  publicFigures,
  events,
  dialects,
  page,
}

/** Every route. */
export const declarations: readonly Declaration[] = Object.values(api).flatMap((topic): readonly Declaration[] => Object.values(topic))
