import type { AlertRule } from '@northstar/alerting'
import type { MetricCatalogue } from '@northstar/metrics'
import type { Notifying } from '@northstar/notifications'

/** A product with its metrics, alert rules and notifications. */
export interface AlertingCatalogue extends MetricCatalogue {
  readonly rules: readonly AlertRule[]
  /** Undefined without `channels.yaml`. */
  readonly notifying?: Notifying | undefined
}
