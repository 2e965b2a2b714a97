import { randomUUID } from 'node:crypto'
import {
  type Acknowledgement,
  type AlertRule,
  createMuting,
  type Labels,
  type MemberState,
  type Muting,
  makeNotification,
  parseMatcher,
  type Silence,
  silencePhase,
  toAlert,
} from '@northstar/alerting'
import { parseDuration } from '@northstar/catalogue'
import type { Channel, Notifying } from '@northstar/notifications'
import { type FastifyPluginAsync, type FastifyRequest, HttpProblem } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { z } from 'zod'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { parseBody } from './body.ts'
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
  readonly authorize: (request: FastifyRequest) => Promise<void>
  readonly labels: Labels
  readonly now: () => number
  /** A silence or an acknowledgement changed. */
  readonly onChanged: () => void
}

const time = z.union([z.string().transform(Date.parse), z.number()]).refine(at => Number.isFinite(at), 'a time is RFC 3339 or epoch ms')

const MATCHER = 'a matcher is text such as severity="P1" (or !=, =~, !~), or has name and value'

const matcher = z.union(
  [
    z.string().transform((text, context) => {
      const found = parseMatcher(text)
      if (found) return found
      context.addIssue({ code: 'custom' })
      return z.NEVER
    }),
    z
      .strictObject({
        name: z.string(),
        value: z.string().max(500),
        isRegex: z.boolean().default(false),
        isEqual: z.boolean().default(true),
      })
      .refine(({ value, isRegex }) => !isRegex || isPattern(value)),
  ],
  {
    error: ({ input }) => `${JSON.stringify(input)?.slice(0, 100)} cannot be read: ${MATCHER}, and what follows ~ is a regular expression`,
  },
)

const silenceBody = z
  .object({
    matchers: z.array(matcher).min(1),
    startsAt: time.optional(),
    endsAt: time.optional(),
    duration: z.string().optional(),
    createdBy: z.string().max(200).default('admin'),
    comment: z.string().max(2_000).default(''),
  })
  .refine(({ matchers }) => matchers.some(one => one.isEqual && one.value !== ''), 'at least one matcher must ask for a value')

function isPattern(text: string): boolean {
  try {
    return Boolean(new RegExp(text))
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
    fastify.addHook('onRequest', deps.authorize)

    fastify.get('/v1/alerts', async () => {
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

    fastify.post<{ Params: { fingerprint: string } }>('/v1/alerts/:fingerprint/ack', async request => {
      const { fingerprint } = request.params
      const { by } = parseBody(z.object({ by: z.string().min(1).max(200).default('admin') }), request.body)
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

    fastify.get<{ Querystring: { limit?: string; rule?: string; fingerprint?: string } }>('/v1/alerts/history', async request => {
      const limit = Math.min(Math.max(Number(request.query.limit) || 100, 1), 10_000)
      const { rule, fingerprint } = request.query
      const rows = await deps.history({ limit, rule, fingerprint })
      return {
        history: rows.map(({ at, starts_at, ends_at, ...row }) => ({
          ...row,
          ...metricOf(row.rule),
          at: iso(at),
          starts_at: iso(starts_at),
          ends_at: ends_at === null ? null : iso(ends_at),
        })),
      }
    })

    fastify.get('/v1/alerts/deliveries', async () => ({
      deliveries: (await readDeliveries(state)).toReversed().map(one => ({ ...one, at: iso(one.at) })),
    }))

    fastify.post('/v1/alerts/test-channel', async request => {
      const { channel: name } = parseBody(z.object({ channel: z.string() }), request.body)
      const channel = deps.channels.get(name)
      if (!channel) {
        const known = [...deps.channels.keys()].join(', ') || 'none'
        throw new HttpProblem({ status: 404, detail: `There is no usable channel "${name}"; there are ${known}.` })
      }
      const notification = testNotification(deps, name)
      const outcomes = await Promise.all(
        (channel.recipients.length > 0 ? channel.recipients : [undefined]).map(recipient => channel.send(notification, recipient)),
      )
      return { channel: name, type: channel.type, ...(outcomes.find(outcome => outcome.kind !== 'ok') ?? outcomes[0]) }
    })

    fastify.get('/v1/silences', async () => ({ silences: (await readSilences(state)).map(one => silenceView(one, now())) }))

    fastify.post('/v1/silences', async (request, reply) => {
      const given = parseBody(silenceBody, request.body)
      const startsAt = given.startsAt ?? now()
      const lasts = given.duration === undefined ? null : parseDuration(given.duration)
      const endsAt = given.endsAt ?? (lasts === null ? null : startsAt + lasts)
      if (endsAt === null) throw new HttpProblem({ status: 400, detail: 'A silence needs endsAt, or a duration such as 2h.' })
      if (endsAt <= startsAt || endsAt <= now()) throw new HttpProblem({ status: 400, detail: 'The silence would be over already.' })
      const { matchers, createdBy, comment } = given
      const silence: Silence = { id: randomUUID(), matchers, startsAt, endsAt, createdBy, comment }
      await state.put(SILENCES + silence.id, silence)
      deps.onChanged()
      return reply.code(201).send({ silenceID: silence.id, ...silenceView(silence, now()) })
    })

    fastify.delete<{ Params: { id: string } }>('/v1/silences/:id', async (request, reply) => {
      const found = /^[0-9a-f-]{36}$/.test(request.params.id) ? await state.get<Silence>(SILENCES + request.params.id) : null
      if (!found) throw new HttpProblem({ status: 404, detail: `There is no silence ${request.params.id}.` })
      // It stays in the list as expired, as in Alertmanager.
      if (found.value.endsAt > now()) {
        await state.put(found.key, { ...found.value, endsAt: Math.max(now(), found.value.startsAt) })
        deps.onChanged()
      }
      return reply.code(204).send()
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
