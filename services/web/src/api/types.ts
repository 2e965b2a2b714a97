import type { DashboardFigure, DashboardPanel, Definition, LiveMetric } from '@northstar/api'
import type { CohortPoint, MetricAnswer, SeriesPoint, Unit } from '@northstar/metrics'

export type { CohortPoint, DashboardFigure, DashboardPanel, Definition, LiveMetric, MetricAnswer, SeriesPoint, Unit }

/** `GET /v1/metrics`. */
export interface Definitions {
  readonly product: { readonly name: string; readonly title: string; readonly timezone: string; readonly launch: string }
  readonly metrics: readonly Definition[]
}

/** `GET /v1/dashboard`. */
export interface DashboardAnswer {
  readonly title: string
  readonly panels: readonly DashboardPanel[]
  readonly example: Readonly<Record<string, unknown>>
  readonly writeKey?: string
}

/** An alert of `GET /v1/alerts`. */
export interface Alert {
  readonly rule: string
  readonly metric: string | null
  readonly unit: Unit | null
  readonly severity: 'P0' | 'P1' | 'P2' | 'P3'
  readonly state: 'pending' | 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly value: number | null
  readonly threshold: number | null
  readonly sample: number | null
  readonly starts_at: string
  readonly ends_at: string | null
  readonly fingerprint: string
  readonly acknowledged_by: string | null
  readonly silenced_by: readonly string[]
  readonly inhibited_by: readonly string[]
}

/** A silence of `GET /v1/silences`. */
export interface Silence {
  readonly id: string
  readonly matchers: readonly { readonly name: string; readonly value: string; readonly isRegex: boolean; readonly isEqual: boolean }[]
  readonly startsAt: string
  readonly endsAt: string
  readonly createdBy: string
  readonly comment: string
  readonly status: { readonly state: 'pending' | 'active' | 'expired' }
}

/** A row of `GET /v1/alerts/history`. */
export interface HistoryEntry {
  readonly at: string
  readonly rule: string
  readonly metric: string | null
  readonly unit: Unit | null
  readonly severity: Alert['severity']
  readonly state: 'firing' | 'resolved'
  readonly starts_at: string
  readonly ends_at: string | null
  readonly value: number | null
  readonly threshold: number | null
  readonly labels: Readonly<Record<string, string>>
  readonly fingerprint: string
}

/** A rule of `GET /v1/rules`. */
export interface Rule {
  readonly rule: string
  readonly severity: Alert['severity']
  readonly metric: string
  readonly unit: Unit | null
  /** The condition as a sentence. */
  readonly condition: string
  readonly for_seconds: number
  readonly keep_firing_for_seconds: number
  readonly recovery: number | null
  readonly min_sample: number
  readonly no_data: 'keep' | 'ok' | 'alerting' | 'no_data'
  readonly action: string
  readonly runbook: string | null
  readonly state: 'ok' | 'pending' | 'firing'
  readonly alerts: readonly {
    readonly fingerprint: string
    readonly member: string | null
    readonly state: 'pending' | 'firing'
    readonly value: number | null
    readonly threshold: number | null
    readonly starts_at: string
  }[]
}
