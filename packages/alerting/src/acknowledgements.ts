import type { Alert } from './rule-state.ts'

/** A person's acknowledgement of one alert, until it ends or gets worse. Times are epoch ms. */
export interface Acknowledgement {
  readonly fingerprint: string
  readonly startsAt: number
  readonly by: string
  readonly at: number
  /** The alert's value at that time, or null. */
  readonly value: number | null
}

/** A value other than a count is worse once it differs from the acknowledged one by this fraction. */
const WORSE_BY = 0.1

type Acknowledged = Pick<Alert, 'startsAt' | 'value' | 'threshold' | 'unit'>

/**
 * Whether the alert is further from its threshold than when it was acknowledged: for a count by any number, for other values by a tenth.
 */
function isWorse(alert: Acknowledged, known: number | null): boolean {
  if (alert.value === null || alert.threshold === null || known === null) return false
  const direction = Math.sign(known - alert.threshold) || Math.sign(alert.value - alert.threshold)
  const further = direction * (alert.value - known)
  return further > 0 && further >= (alert.unit === undefined || alert.unit === 'count' ? 0 : WORSE_BY * Math.abs(known))
}

/** Whether the acknowledgement of this alert holds; `worse`: no longer, since the alert got worse; null: it is of another alert. */
export function acknowledgementState(alert: Acknowledged, acknowledgement: Acknowledgement | undefined): 'holds' | 'worse' | null {
  if (!acknowledgement || acknowledgement.startsAt !== alert.startsAt) return null
  return isWorse(alert, acknowledgement.value) ? 'worse' : 'holds'
}
