import type {
  Acknowledgement,
  AlertRule,
  GroupState,
  Labels,
  MemberState,
  Notification,
  RuleState,
  Silence,
  Transition,
} from '@northstar/alerting'
import { fingerprint } from '@northstar/alerting'
import type { Notifying } from '@northstar/notifications'
import { putIfAbsent, type StateStore } from '@northstar/state'
import { readSilence } from './silence.ts'

/** A row of the warehouse's `alert_history` table: one firing or one resolution. Times are epoch ms. */
export interface HistoryRow {
  readonly at: number
  readonly rule: string
  readonly fingerprint: string
  readonly severity: string
  readonly state: 'firing' | 'resolved'
  readonly starts_at: number
  readonly ends_at: number | null
  readonly value: number | null
  readonly threshold: number | null
  readonly labels: Labels
}

/** `alerts/rules/NAME`: a rule's alerts, and the rows that have yet to be stored in the warehouse's history. */
export interface RuleDocument {
  readonly state: RuleState
  readonly watchedUntil: number
  readonly history: readonly HistoryRow[]
}

/**
 * `alerts/outbox/NUMBER`: one message to one channel (and recipient), in queue order. It is valid once its group's document has passed the
 * step that created it.
 */
export interface OutboxItem {
  readonly id: string
  readonly channel: string
  /** One of the channel's recipients, if it has any. */
  readonly recipient?: string
  readonly notification: Notification
  /** Number of completed attempts. */
  readonly attempts: number
  readonly nextAt: number
  readonly queuedAt: number
  readonly lastProblem?: string
  /** The step of the group that created it; absent for a digest. */
  readonly step?: { readonly group: string; readonly createdAt: number; readonly seq: number }
}

/** `alerts/groups/ID`: a group of alerts, and the number of its notifications. */
export interface GroupDocument {
  readonly key: string
  /** When the group was created. */
  readonly createdAt: number
  readonly seq: number
  /** Null when nothing is left to notify. The document stays while messages of the group are queued. */
  readonly group: GroupState | null
}

/** `alerts/deliveries/TIME-ID`: a message that was delivered or has failed. */
export interface Delivery {
  readonly at: number
  readonly id: string
  readonly channel: string
  readonly recipient?: string
  readonly receiver: string
  readonly reason: Notification['reason']
  readonly rules: readonly string[]
  readonly fingerprints: readonly string[]
  readonly attempts: number
  readonly outcome: 'delivered' | 'failed'
  readonly problem?: string
}

export const LEASE = 'alerts'
export const RULES = 'alerts/rules/'
export const GROUPS = 'alerts/groups/'
export const OUTBOX = 'alerts/outbox/'
export const SILENCES = 'alerts/silences/'
export const ACKNOWLEDGEMENTS = 'alerts/acks/'
/** `alerts/digests/RECEIVER`. */
export interface DigestDocument {
  readonly receiver: string
  /** The digest's last due time, epoch ms, from which the next digest starts. */
  readonly until: number
  /** The digest to send; null when nothing happened, or when its messages are in the outbox. */
  readonly notification: Notification | null
}

const DIGESTS = 'alerts/digests/'
export const DELIVERIES = 'alerts/deliveries/'
const WEBHOOK_SECRET = 'alerts/webhook-secret'

export const groupDocumentKey = (key: string) => GROUPS + fingerprint({ key })
export const digestKey = (receiver: string) => DIGESTS + receiver
export const outboxKey = (number: number) => OUTBOX + String(number).padStart(15, '0')

async function values<T>(state: StateStore, prefix: string): Promise<T[]> {
  return (await state.list<T>(prefix)).map(document => document.value)
}

/** The silences, without invalid documents. */
export const readSilences = async (state: StateStore): Promise<readonly Silence[]> =>
  (await values(state, SILENCES)).map(readSilence).filter(silence => silence !== null)
/** The acknowledgements, without invalid documents. */
export const readAcknowledgements = async (state: StateStore): Promise<readonly Acknowledgement[]> =>
  (await values<Acknowledgement | null>(state, ACKNOWLEDGEMENTS)).filter(
    one => typeof one?.fingerprint === 'string' && typeof one.startsAt === 'number',
  ) as Acknowledgement[]
/** The digests whose messages have yet to be created. */
export const readDigests = async (state: StateStore): Promise<readonly DigestDocument[]> =>
  (await values<DigestDocument>(state, DIGESTS)).filter(({ notification }) => notification !== null)
export const readDeliveries = (state: StateStore) => values<Delivery>(state, DELIVERIES)

export function historyRow(rule: AlertRule, transition: Transition): HistoryRow | null {
  const { alert, to, at } = transition
  return to === 'firing' || to === 'resolved' ? rowOf(rule, to, alert, at) : null
}

export function rowOf(
  rule: { readonly name: string; readonly severity: string },
  state: HistoryRow['state'],
  alert: MemberState,
  at: number,
): HistoryRow {
  return {
    at,
    rule: rule.name,
    fingerprint: alert.fingerprint,
    severity: rule.severity,
    state,
    starts_at: startOf(alert),
    ends_at: alert.endsAt,
    value: alert.value,
    threshold: alert.threshold,
    labels: alert.labels,
  }
}

/** The deduplication token of the row's insert. */
export const historyToken = (row: HistoryRow) => `alert_history:${row.fingerprint}:${row.state}:${row.at}`

/** When the alert began to fire, or to be pending. */
export const startOf = (member: MemberState) => member.firedAt ?? member.activeAt

/** The secret that signs webhooks without their own. It is created once and kept in the store. */
export async function webhookSecret(state: StateStore, create: () => string): Promise<string> {
  return (await state.get<string>(WEBHOOK_SECRET))?.value ?? putIfAbsent(state, WEBHOOK_SECRET, create())
}

/** A product without `channels.yaml` notifies nobody. */
export const NO_NOTIFYING: Notifying = {
  channels: {},
  receivers: { nobody: [] },
  route: { receiver: 'nobody', matchers: [], continue: false, routes: [] },
  inhibitRules: [],
  timeIntervals: {},
  digests: [],
  off: {},
}
