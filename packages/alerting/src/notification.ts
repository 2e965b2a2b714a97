import { commonLabels, fingerprint, type Labels } from './labels.ts'
import type { Alert } from './rule-state.ts'

/** One message to one receiver, equal at every attempt. Plain JSON, times epoch ms. */
export interface Notification {
  /** Unique, and equal at every attempt, so that receivers can recognise repeats. */
  readonly id: string
  /** `acknowledged`: a person acknowledged the alerts. */
  readonly kind: 'alerts' | 'acknowledged'
  /** `worse`: an alert got worse after its acknowledgement. */
  readonly reason: 'new' | 'worse' | 'resolved' | 'repeat' | 'escalation' | 'acknowledged' | 'digest' | 'test'
  readonly receiver: string
  readonly groupKey: string
  readonly groupLabels: Labels
  readonly commonLabels: Labels
  readonly commonAnnotations: Readonly<Record<string, string>>
  /** `resolved` if no alert is firing. */
  readonly status: 'firing' | 'resolved'
  readonly alerts: readonly Alert[]
  /** Fingerprints of the alerts that are new to the receiver or repeated; the others are context. */
  readonly changed: readonly string[]
  readonly acknowledgedBy?: string
  readonly createdAt: number
}

export function makeNotification(
  group: { readonly key: string; readonly labels: Labels; readonly createdAt: number; readonly seq: number },
  given: Pick<Notification, 'kind' | 'reason' | 'receiver' | 'alerts' | 'acknowledgedBy' | 'createdAt'> & {
    /** The alerts that are new to the receiver. Default: all. */
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
