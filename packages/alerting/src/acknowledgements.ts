import type { Alert } from './rule-state.ts'

/** A person acknowledged an alert as it was at that time: not the next one with its labels, and not a worse one. Times are epoch ms. */
export interface Acknowledgement {
  readonly fingerprint: string
  readonly startsAt: number
  readonly by: string
  readonly at: number
  /** The alert's value then; null where there was none. */
  readonly value: number | null
}

/** A value other than a count has to change by this part of the acknowledged one to be worse. */
const WORSE_BY = 0.1

type Acknowledged = Pick<Alert, 'startsAt' | 'value' | 'threshold' | 'unit'>

/**
 * Whether the alert is worse than it was when it was acknowledged: further from its threshold, for a count by any number, for other
 * values by a tenth.
 */
function isWorse(alert: Acknowledged, known: number | null): boolean {
  if (alert.value === null || alert.threshold === null || known === null) return false
  const direction = Math.sign(known - alert.threshold) || Math.sign(alert.value - alert.threshold)
  const further = direction * (alert.value - known)
  return further > 0 && further >= (alert.unit === undefined || alert.unit === 'count' ? 0 : WORSE_BY * Math.abs(known))
}

/** Whether the acknowledgement is of this alert: `holds`, `worse` (it no longer does), or null where it is of another one. */
export function acknowledgementState(alert: Acknowledged, acknowledgement: Acknowledgement | undefined): 'holds' | 'worse' | null {
  if (!acknowledgement || acknowledgement.startsAt !== alert.startsAt) return null
  return isWorse(alert, acknowledgement.value) ? 'worse' : 'holds'
}
