import {
  type AlertRule,
  acknowledgementState,
  createMuting,
  destinations,
  type MemberState,
  type Muting,
  type Severity,
  toAlert,
} from '@northstar/alerting'
import { iso } from '@northstar/catalogue'
import type { Alert as AlertView } from '@northstar/http-api'
import type { Notifying } from '@northstar/notifications'
import type { StateStore } from '@northstar/state'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import {
  type HistoryRow,
  OUTBOX,
  type OutboxItem,
  RULES,
  type RuleDocument,
  readAcknowledgements,
  readDeliveries,
  readSilences,
  startOf,
} from './documents.ts'
import type { ReadHistory } from './history.ts'

export interface AlertViewsDeps {
  readonly catalogue: AlertingCatalogue
  readonly notifying: Notifying
  readonly state: StateStore
  readonly history: ReadHistory
  readonly now: () => number
}

/** An alert with its rule. */
export interface FoundAlert {
  readonly rule: AlertRule
  readonly member: MemberState
}

/** Alerts in the API's form. They are read from the stores, so every replica returns the same. */
export interface AlertViews {
  /** Pending, firing and recently resolved alerts, most urgent first. */
  list(): Promise<AlertView[]>
  /** Finds an alert in the state, else its last firing in the history. Null for an unknown fingerprint. */
  find(fingerprint: string): Promise<AlertView | null>
  /** Finds an alert in the rules' states. */
  member(fingerprint: string): Promise<FoundAlert | undefined>
  /** The rule's metric and unit; null for a removed rule. */
  metricOf(rule: string): Pick<AlertView, 'metric' | 'unit'>
}

type NotificationView = AlertView['notifications'][number]

export function createAlertViews({ catalogue, notifying, state, history, now }: AlertViewsDeps): AlertViews {
  const rules = new Map(catalogue.rules.map(rule => [rule.name, rule]))

  async function members(): Promise<FoundAlert[]> {
    const documents = await state.list<RuleDocument>(RULES)
    return documents.flatMap(({ key, value }) => {
      const rule = rules.get(key.slice(RULES.length))
      return rule ? Object.values(value.state.members).map(member => ({ rule, member })) : []
    })
  }

  function metricOf(name: string) {
    const metric = rules.get(name)?.metric
    return { metric: metric ?? null, unit: catalogue.metrics.get(metric ?? '')?.unit ?? null }
  }

  const receiversOf = (labels: AlertView['labels']) => [...new Set(destinations(notifying.route, labels).map(({ receiver }) => receiver))]

  async function list(): Promise<AlertView[]> {
    const [found, silences, acknowledgements, messages] = await Promise.all([
      members(),
      readSilences(state),
      readAcknowledgements(state),
      readMessages(state),
    ])
    const all = found.map(one => ({ ...one, alert: toAlert(one.rule, one.member, metricOf(one.rule.name).unit ?? undefined) }))
    const firing = all.filter(({ member }) => member.phase === 'firing').map(({ alert }) => alert)
    const muting = createMuting(notifying, { now: now(), firing, silences })
    const acknowledged = new Map(acknowledgements.map(one => [one.fingerprint, one]))
    const view = ({ rule, member, alert }: (typeof all)[number]): AlertView => {
      const { silencedBy, inhibitedBy }: Muting = muting(alert)
      const acknowledgement = acknowledged.get(alert.fingerprint)
      return {
        rule: rule.name,
        ...metricOf(rule.name),
        severity: rule.severity,
        state: member.phase,
        labels: member.labels,
        annotations: alert.annotations,
        value: member.value,
        threshold: member.threshold,
        sample: member.sample,
        starts_at: iso(startOf(member)),
        ends_at: member.endsAt === null ? null : iso(member.endsAt),
        fingerprint: member.fingerprint,
        acknowledged_by: acknowledgementState(alert, acknowledgement) === 'holds' ? (acknowledgement?.by ?? null) : null,
        silenced_by: silencedBy,
        inhibited_by: inhibitedBy,
        receivers: receiversOf(member.labels),
        notifications: (messages.get(alert.fingerprint) ?? []).filter(({ at }) => Date.parse(at) >= alert.startsAt),
      }
    }
    const order = { firing: 0, pending: 1, resolved: 2 }
    return all
      .map(view)
      .sort((a, b) => order[a.state] - order[b.state] || a.severity.localeCompare(b.severity) || a.rule.localeCompare(b.rule))
  }

  return {
    list,
    metricOf,
    member: async fingerprint => (await members()).find(({ member }) => member.fingerprint === fingerprint),
    async find(fingerprint) {
      const current = (await list()).find(one => one.fingerprint === fingerprint)
      if (current) return current
      const [row] = await history({ fingerprint, limit: 1 })
      return row
        ? pastView(row, { ...metricOf(row.rule), receivers: receiversOf(row.labels) }, (await readMessages(state)).get(fingerprint) ?? [])
        : null
    },
  }
}

/** An alert that is no longer in the state. It is resolved even if its end was never stored. */
function pastView(
  row: HistoryRow,
  known: Pick<AlertView, 'metric' | 'unit' | 'receivers'>,
  notifications: readonly NotificationView[],
): AlertView {
  return {
    ...known,
    rule: row.rule,
    // Rows are written from rules only, so this is a severity.
    severity: row.severity as Severity,
    state: 'resolved',
    labels: row.labels,
    annotations: {},
    value: row.value,
    threshold: row.threshold,
    sample: null,
    starts_at: iso(row.starts_at),
    ends_at: row.ends_at === null ? null : iso(row.ends_at),
    fingerprint: row.fingerprint,
    acknowledged_by: null,
    silenced_by: [],
    inhibited_by: null,
    notifications: notifications.filter(({ at }) => Date.parse(at) >= row.starts_at),
  }
}

/** The messages about each alert, by fingerprint: first the ended ones, then the queued ones. */
async function readMessages(state: StateStore): Promise<ReadonlyMap<string, readonly NotificationView[]>> {
  const [deliveries, queue] = await Promise.all([readDeliveries(state), state.list<OutboxItem>(OUTBOX)])
  const messages = new Map<string, NotificationView[]>()
  const add = (fingerprints: readonly string[], view: NotificationView) => {
    for (const fingerprint of fingerprints) {
      const list = messages.get(fingerprint) ?? []
      list.push(view)
      messages.set(fingerprint, list)
    }
  }
  for (const { at, id: _, rules: __, fingerprints, ...delivery } of deliveries) add(fingerprints, { ...delivery, at: iso(at) })
  for (const { value } of queue) {
    const { channel, recipient, notification, attempts, lastProblem, queuedAt } = value
    const { receiver, reason, changed } = notification
    const view = { at: iso(queuedAt), receiver, channel, ...(recipient && { recipient }), reason, outcome: 'queued' as const, attempts }
    add(changed, lastProblem === undefined ? view : { ...view, problem: lastProblem })
  }
  return messages
}
