import { commonLabels, fingerprint, type Labels } from './labels.ts'
import type { Alert } from './rule-state.ts'

/** One message to one receiver, the same on every try. Plain JSON, times epoch ms. */
export interface Notification {
  /** Unique, and the same however often it is tried: what receivers know a repeat by. */
  readonly id: string
  /** `acknowledged`: a person acknowledged the alerts. */
  readonly kind: 'alerts' | 'acknowledged'
  /** `worse`: an alert got worse than it was when it was acknowledged. */
  readonly reason: 'new' | 'worse' | 'resolved' | 'repeat' | 'escalation' | 'acknowledged' | 'digest' | 'test'
  readonly receiver: string
  readonly groupKey: string
  readonly groupLabels: Labels
  readonly commonLabels: Labels
  readonly commonAnnotations: Readonly<Record<string, string>>
  /** `resolved` when none of the alerts fires any more. */
  readonly status: 'firing' | 'resolved'
  readonly alerts: readonly Alert[]
  /** Fingerprints of the alerts that are new to the receiver, or repeated; the others give context. */
  readonly changed: readonly string[]
  readonly acknowledgedBy?: string
  readonly createdAt: number
}

export function makeNotification(
  group: { readonly key: string; readonly labels: Labels; readonly createdAt: number; readonly seq: number },
  given: Pick<Notification, 'kind' | 'reason' | 'receiver' | 'alerts' | 'acknowledgedBy' | 'createdAt'> & {
    /** Which of `alerts` are new to the receiver; absent for all. */
    readonly changed?: readonly Alert[]
  },
): Notification {
  const origin = fingerprint({ key: group.key, receiver: given.receiver })
  return {
    ...given,
    changed: (given.changed ?? given.alerts).map(alert => alert.fingerprint),
    id: `${origin}-${group.createdAt.toString(36)}-${group.seq}`,
    groupKey: group.key,
    groupLabels: group.labels,
    commonLabels: commonLabels(given.alerts.map(alert => alert.labels)),
    commonAnnotations: commonLabels(given.alerts.map(alert => alert.annotations)),
    status: given.alerts.some(alert => alert.endsAt === null) ? 'firing' : 'resolved',
  }
}
