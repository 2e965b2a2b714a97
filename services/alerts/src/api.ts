import { randomUUID } from 'node:crypto'
import {
  type Acknowledgement,
  type AlertRule,
  createMuting,
  type Labels,
  type Matcher,
  type MemberState,
  type Muting,
  makeNotification,
  parseMatcher,
  type Severity,
  type Silence,
  silencePhase,
  toAlert,
} from '@northstar/alerting'
import { parseDuration } from '@northstar/catalogue'
import { api, type Input } from '@northstar/http-api'
import type { Channel, Notifying } from '@northstar/notifications'
import { type FastifyPluginAsync, HttpProblem, handle } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import {
  ACKNOWLEDGEMENTS,
  RULES,
  type RuleDocument,
  readAcknowledgements,
  readDeliveries,
  readSilences,
  SILENCES,
  startOf,
} from './documents.ts'
import type { ReadHistory } from './history.ts'

export interface AlertRoutesDeps {
  readonly catalogue: AlertingCatalogue
  readonly notifying: Notifying
  readonly channels: ReadonlyMap<string, Channel>
  readonly state: StateStore
  readonly history: ReadHistory
  readonly labels: Labels
  readonly now: () => number
  /** A silence or an acknowledgement changed. */
  readonly onChanged: () => void
}

type GivenSilence = Input<typeof api.silences.create>['body']

const refuse = (field: string, detail: string): never => {
  throw new HttpProblem({ status: 400, code: 'bad_value', field, detail: `${field}: ${detail}` })
}

function matchersOf({ matchers }: GivenSilence): readonly Matcher[] {
  const found = matchers.map((given, place) => {
    const matcher = typeof given === 'string' ? parseMatcher(given) : isPattern(given) ? given : null
    const words = `${JSON.stringify(given).slice(0, 100)} cannot be read: a matcher is text such as severity="P1" (or !=, =~, !~), or has name and value; after ~ comes a regular expression`
    return matcher ?? refuse(`matchers.${place}`, words)
  })
  return found.some(one => one.isEqual && one.value !== '') ? found : refuse('matchers', 'at least one matcher must ask for a value')
}

/** Epoch ms. */
function spanOf({ startsAt, endsAt, duration }: GivenSilence, now: number) {
  const instant = (field: string, given: string | number) => {
    const at = typeof given === 'number' ? given : Date.parse(given)
    return Number.isFinite(at) ? at : refuse(field, 'expected a time as RFC 3339 or epoch milliseconds')
  }
  const from = startsAt === undefined ? now : instant('startsAt', startsAt)
  const lasts = duration === undefined ? null : parseDuration(duration)
  if (endsAt === undefined && lasts === null) return refuse('endsAt', 'a silence needs endsAt, or a duration such as 2h')
  const to = endsAt === undefined ? from + (lasts ?? 0) : instant('endsAt', endsAt)
  return to > from && to > now ? { startsAt: from, endsAt: to } : refuse('endsAt', 'the silence would be over already')
}

function isPattern({ value, isRegex }: Matcher): boolean {
  try {
    return !isRegex || Boolean(new RegExp(value))
  } catch {
    return false
  }
}

const iso = (at: number) => new Date(at).toISOString()

function silenceView(silence: Silence, now: number) {
  return { ...silence, startsAt: iso(silence.startsAt), endsAt: iso(silence.endsAt), status: { state: silencePhase(silence, now) } }
}

/** What people and scripts ask of alerts. Answers come from the store, so that any replica gives the same. */
export function createAlertRoutes(deps: AlertRoutesDeps): FastifyPluginAsync {
  const { catalogue, state, now } = deps
  const rules = new Map(catalogue.rules.map(rule => [rule.name, rule]))

  async function members(): Promise<{ rule: AlertRule; member: MemberState }[]> {
    const documents = await state.list<RuleDocument>(RULES)
    return documents.flatMap(({ key, value }) => {
      const rule = rules.get(key.slice(RULES.length))
      return rule ? Object.values(value.state.members).map(member => ({ rule, member })) : []
    })
  }

  /** What its figures are of, and in which unit; a rule that is no more tells neither. */
  function metricOf(name: string) {
    const metric = rules.get(name)?.metric
    return { metric: metric ?? null, unit: catalogue.metrics.get(metric ?? '')?.unit ?? null }
  }

  function view(rule: AlertRule, member: MemberState, muting: Muting, acknowledgement: Acknowledgement | undefined) {
    const { annotations } = toAlert(rule, member, catalogue.metrics.get(rule.metric)?.unit)
    return {
      rule: rule.name,
      ...metricOf(rule.name),
      severity: rule.severity,
      state: member.phase,
      labels: member.labels,
      annotations,
      value: member.value,
      threshold: member.threshold,
      sample: member.sample,
      starts_at: iso(startOf(member)),
      ends_at: member.endsAt === null ? null : iso(member.endsAt),
      fingerprint: member.fingerprint,
      acknowledged_by: acknowledgement && acknowledgement.startsAt === startOf(member) ? acknowledgement.by : null,
      silenced_by: muting.silencedBy,
      inhibited_by: muting.inhibitedBy,
    }
  }

  return async fastify => {
    handle(fastify, api.alerts.list, async () => {
      const [found, silences, acknowledgements] = await Promise.all([members(), readSilences(state), readAcknowledgements(state)])
      const firing = found.filter(({ member }) => member.phase === 'firing').map(({ rule, member }) => toAlert(rule, member))
      const muting = createMuting(deps.notifying, { now: now(), firing, silences })
      const taken = new Map(acknowledgements.map(one => [one.fingerprint, one]))
      const order = { firing: 0, pending: 1, resolved: 2 }
      const alerts = found
        .map(({ rule, member }) => view(rule, member, muting(toAlert(rule, member)), taken.get(member.fingerprint)))
        .sort((a, b) => order[a.state] - order[b.state] || a.severity.localeCompare(b.severity) || a.rule.localeCompare(b.rule))
      return { alerts }
    })

    handle(fastify, api.alerts.acknowledge, async ({ params: { fingerprint }, body: { by: given }, caller }) => {
      const by = given ?? caller.name
      const found = (await members()).find(({ member }) => member.fingerprint === fingerprint)
      if (!found) throw new HttpProblem({ status: 404, detail: `There is no alert ${fingerprint}.` })
      if (found.member.phase !== 'firing')
        throw new HttpProblem({ status: 409, detail: `The alert is ${found.member.phase}; only firing ones are acknowledged.` })
      const startsAt = startOf(found.member)
      const before = await state.get<Acknowledgement>(ACKNOWLEDGEMENTS + fingerprint)
      const acknowledgement = before?.value.startsAt === startsAt ? before.value : { fingerprint, startsAt, by, at: now() }
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

    handle(fastify, api.alerts.testChannel, async ({ body: { channel: name } }) => {
      const channel = deps.channels.get(name)
      if (!channel) {
        const known = [...deps.channels.keys()].join(', ') || 'none'
        throw new HttpProblem({ status: 404, detail: `There is no usable channel "${name}"; there are ${known}.` })
      }
      const notification = testNotification(deps, name)
      const outcomes = await Promise.all(
        (channel.recipients.length > 0 ? channel.recipients : [undefined]).map(recipient => channel.send(notification, recipient)),
      )
      return { channel: name, type: channel.type, ...(outcomes.find(outcome => outcome.kind !== 'ok') ?? { kind: 'ok' as const }) }
    })

    handle(fastify, api.silences.list, async () => ({ silences: (await readSilences(state)).map(one => silenceView(one, now())) }))

    handle(fastify, api.silences.create, async ({ body, caller }) => {
      const { createdBy = caller.name, comment } = body
      const silence: Silence = { id: randomUUID(), matchers: matchersOf(body), ...spanOf(body, now()), createdBy, comment }
      await state.put(SILENCES + silence.id, silence)
      deps.onChanged()
      return { silenceID: silence.id, ...silenceView(silence, now()) }
    })

    handle(fastify, api.silences.expire, async ({ params: { id } }) => {
      const found = await state.get<Silence>(SILENCES + id)
      if (!found) throw new HttpProblem({ status: 404, detail: `There is no silence ${id}.` })
      // It stays in the list as expired, as in Alertmanager.
      if (found.value.endsAt > now()) {
        await state.put(found.key, { ...found.value, endsAt: Math.max(now(), found.value.startsAt) })
        deps.onChanged()
      }
    })
  }
}

function testNotification({ labels, now }: AlertRoutesDeps, receiver: string) {
  const at = now()
  const alertLabels = { ...labels, alertname: 'test_alert', severity: 'P3', test: 'true' }
  const alert = {
    fingerprint: '0000000000000000',
    rule: 'test_alert',
    severity: 'P3' as const,
    labels: alertLabels,
    annotations: { summary: 'A test from Northstar: this channel works. Nothing is wrong.' },
    startsAt: at,
    endsAt: null,
    value: null,
    threshold: null,
  }
  return makeNotification(
    { key: `test:${receiver}`, labels: {}, createdAt: at, seq: 0 },
    { kind: 'alerts', reason: 'test', receiver, alerts: [alert], createdAt: at },
  )
}
