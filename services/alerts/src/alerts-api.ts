import {
  type Acknowledgement,
  type AlertRule,
  acknowledgementState,
  createMuting,
  destinations,
  type MemberState,
  type Muting,
  type Severity,
  toAlert,
} from '@northstar/alerting'
import { type Alert as AlertView, api } from '@northstar/http-api'
import type { Notifying } from '@northstar/notifications'
import { type FastifyPluginAsync, HttpProblem, handle } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import {
  ACKNOWLEDGEMENTS,
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

export interface AlertRoutesDeps {
  readonly catalogue: AlertingCatalogue
  readonly notifying: Notifying
  readonly state: StateStore
  readonly history: ReadHistory
  readonly now: () => number
  /** An acknowledgement changed. */
  readonly onChanged: () => void
}

type NotificationView = AlertView['notifications'][number]

const iso = (at: number) => new Date(at).toISOString()

/** Alerts over HTTP. Answers come from the store, so that any replica gives the same. */
export function createAlertRoutes(deps: AlertRoutesDeps): FastifyPluginAsync {
  const { catalogue, notifying, state, now } = deps
  const rules = new Map(catalogue.rules.map(rule => [rule.name, rule]))

  async function members(): Promise<{ rule: AlertRule; member: MemberState }[]> {
    const documents = await state.list<RuleDocument>(RULES)
    return documents.flatMap(({ key, value }) => {
      const rule = rules.get(key.slice(RULES.length))
      return rule ? Object.values(value.state.members).map(member => ({ rule, member })) : []
    })
  }

  const alertOf = (rule: AlertRule, member: MemberState) => toAlert(rule, member, catalogue.metrics.get(rule.metric)?.unit)

  /** The rule's metric and its unit; null for a rule that is gone. */
  function metricOf(name: string) {
    const metric = rules.get(name)?.metric
    return { metric: metric ?? null, unit: catalogue.metrics.get(metric ?? '')?.unit ?? null }
  }

  async function listAlerts() {
    const [found, silences, acknowledgements, messages] = await Promise.all([
      members(),
      readSilences(state),
      readAcknowledgements(state),
      readMessages(state),
    ])
    const all = found.map(({ rule, member }) => ({ rule, member, alert: alertOf(rule, member) }))
    const firing = all.filter(({ member }) => member.phase === 'firing').map(({ alert }) => alert)
    const muting = createMuting(notifying, { now: now(), firing, silences })
    const taken = new Map(acknowledgements.map(one => [one.fingerprint, one]))
    const view = ({ rule, member, alert }: (typeof all)[number]) => {
      const { silencedBy, inhibitedBy }: Muting = muting(alert)
      const acknowledgement = taken.get(alert.fingerprint)
      const receivers = new Set(destinations(notifying.route, alert.labels).map(({ receiver }) => receiver))
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
        receivers: [...receivers],
        notifications: (messages.get(alert.fingerprint) ?? []).filter(({ at }) => Date.parse(at) >= alert.startsAt),
      }
    }
    const order = { firing: 0, pending: 1, resolved: 2 }
    return all
      .map(view)
      .sort((a, b) => order[a.state] - order[b.state] || a.severity.localeCompare(b.severity) || a.rule.localeCompare(b.rule))
  }

  return async fastify => {
    handle(fastify, api.alerts.list, async () => ({ alerts: await listAlerts() }))

    handle(fastify, api.alerts.acknowledge, async ({ params: { fingerprint }, body, caller }) => {
      const by = body.by ?? caller.name
      const found = (await members()).find(({ member }) => member.fingerprint === fingerprint)
      if (!found) throw new HttpProblem({ status: 404, detail: `There is no alert ${fingerprint}.` })
      if (found.member.phase !== 'firing')
        throw new HttpProblem({ status: 409, detail: `The alert is ${found.member.phase}; only firing ones are acknowledged.` })
      const alert = alertOf(found.rule, found.member)
      const before = (await state.get<Acknowledgement>(ACKNOWLEDGEMENTS + fingerprint))?.value
      // The first acknowledgement counts while it holds.
      const holds = acknowledgementState(alert, before) === 'holds'
      const acknowledgement: Acknowledgement =
        before && holds ? before : { fingerprint, startsAt: alert.startsAt, by, at: now(), value: alert.value }
      await state.put(ACKNOWLEDGEMENTS + fingerprint, acknowledgement)
      deps.onChanged()
      return { fingerprint, rule: found.rule.name, acknowledged_by: acknowledgement.by, acknowledged_at: iso(acknowledgement.at) }
    })

    handle(fastify, api.alerts.history, async ({ query }) => {
      const rows = await deps.history(query)
      return {
        history: rows.map(({ at, starts_at, ends_at, ...row }) => ({
          ...row,
          // Rows are written from rules alone.
          severity: row.severity as Severity,
          ...metricOf(row.rule),
          at: iso(at),
          starts_at: iso(starts_at),
          ends_at: ends_at === null ? null : iso(ends_at),
        })),
      }
    })

    handle(fastify, api.alerts.deliveries, async () => ({
      deliveries: (await readDeliveries(state)).toReversed().map(one => ({ ...one, at: iso(one.at) })),
    }))
  }
}

/** The messages about each alert, by fingerprint: those that ended, then those that are queued. */
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
