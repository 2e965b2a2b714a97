export type {
  Alert,
  AuditEntry,
  BacktestAnswer,
  BacktestLine,
  CohortPoint,
  Credentials,
  DashboardAnswer,
  DashboardFigure,
  DashboardPanel,
  DeadLetters,
  Definition,
  Definitions,
  HistoryEntry,
  Ingestion,
  Key,
  LiveMetric,
  LiveValues,
  MetricAnswer,
  PublicAnswer,
  Readiness,
  Receiver,
  Role,
  Rule,
  SeriesPoint,
  Session,
  Silence,
  User,
  Verification,
} from '@northstar/http-api'

import type { Definition } from '@northstar/http-api'

export type Unit = Definition['unit']
