import { derived, type TrackingPlan, violationMode } from '@northstar/catalogue'
import type { EventLog } from '@northstar/event-log'
import { type Batch, clockSkew, createSecretMark, DIALECTS, type Outcome } from '@northstar/events'
import type { Component, FastifyPluginAsync, FastifyReply, FastifyRequest, Logger, Metrics } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { createBodyReader } from './body.ts'
import type { IngestConfig } from './defaults.ts'
import { createInFlight } from './in-flight.ts'
import { createKeyActivities } from './key-activity.ts'
import { createWriteKeys, type Sender } from './keys.ts'
import { overQuota, tryLater, unauthorized } from './problems.ts'
import { createProtection, type Protection } from './protection.ts'
import { createRecordWriter, type RecordWriter } from './record-writer.ts'
import { createRejectionTally } from './rejection-tally.ts'
import { describe, dialectOf, keyOfHeader, problemOf, sentAt } from './request.ts'
import { takeEvents } from './take-events.ts'
import { runSliced } from './time-slices.ts'
import { createViolations } from './violations.ts'

export { INGEST_DEFAULTS, type IngestConfig } from './defaults.ts'

/** The partitions that events are distributed over. */
export interface Distribution {
  start(): Promise<void>
  stop(): void
  readonly partitions: number
  /** Whether publishing is paused while the number of partitions changes. */
  isHeld(): boolean
}

export interface IngestDeps {
  readonly plan: TrackingPlan
  readonly log: EventLog
  readonly state: StateStore
  readonly distribution: Distribution
  readonly now: () => number
  readonly logger: Logger
  readonly metrics: Metrics
}

export interface Ingest extends Component {
  /** `POST /v1/events` and the paths of other dialects. */
  readonly routes: FastifyPluginAsync
  /**
   * Accepts native events of this process as if `sender` had posted them. Resolves when the accepted ones are durable; throws the 503 when
   * the log is unavailable, and the same events may be sent again.
   */
  accept(sender: string, events: readonly unknown[]): Promise<Outcome>
}

const NO_KEY = 'Send a write key in the header "Authorization: Bearer KEY", or where the dialect defines it.'

/** Receives events over HTTP, validates and pseudonymises them, and answers once they are durable in the log. */
export function createIngest(config: IngestConfig, deps: IngestDeps): Ingest {
  const parts = createParts(config, deps)
  const { keys, drain, tally, activities, violations, inFlight } = parts
  let protection: Protection | null = null
  let stopping: Promise<void> | undefined

  function running(): Protection {
    if (protection === null || stopping !== undefined) throw tryLater('Ingest is not running.')
    return protection
  }

  const { receive, accept } = createIntake(config, deps, parts, running)

  return {
    name: 'ingest',
    routes: routesOf(receive, deps.metrics),
    accept,
    async start() {
      protection = createProtection(config, deps.plan)
      await keys.start()
      await deps.distribution.start()
      tally.start()
      activities.start()
      violations.start()
    },
    stop() {
      stopping ??= (async () => {
        keys.stop()
        deps.distribution.stop()
        await drain()
        await tally.stop()
        await activities.stop()
        await violations.stop()
      })()
      return stopping
    },
    async health() {
      const { healthy, reason } = await deps.log.health()
      return healthy ? { healthy, reason: `receives events, ${inFlight.bytes} bytes in flight` } : { healthy, reason }
    },
  }
}

type Parts = ReturnType<typeof createParts>

function createParts(config: IngestConfig, deps: IngestDeps) {
  const { log, state, distribution, now, logger, metrics } = deps
  const keys = createWriteKeys(config, deps)
  const inFlight = createInFlight(config.maxInFlightBytes)
  const bodies = createBodyReader(config, inFlight)
  const mark = createSecretMark(config.secret)
  const marked: Pick<EventLog, 'append'> = { append: records => log.append(records.map(mark)) }
  let writer: RecordWriter | undefined
  let drained: Promise<unknown> = Promise.resolve()
  const openWriter = derived(deps.plan, plan => {
    // Events that were validated against the previous plan are appended by the previous writer.
    if (writer) drained = Promise.all([drained, writer.drain()])
    writer = createRecordWriter(config, {
      log: marked,
      partitions: () => distribution.partitions,
      plan,
      onAppended: seconds => metrics.appendSeconds.observe(seconds),
    })
    return writer
  })
  const drain = () => Promise.all([drained, openWriter().drain()])
  const tally = createRejectionTally({ log: marked, logger })
  const declares = (event: string): boolean => deps.plan.events.has(event)
  const activities = createKeyActivities({ state, declares, now, logger })
  const violations = createViolations({ state, plan: deps.plan, now, logger })
  return { keys, inFlight, bodies, openWriter, drain, tally, declares, activities, violations }
}

/** @param running throws the 503 while ingest is not running */
function createIntake(config: IngestConfig, deps: IngestDeps, parts: Parts, running: () => Protection) {
  const { distribution, now, logger, metrics } = deps
  const { keys, inFlight, bodies, openWriter, tally, declares, activities, violations } = parts
  const limits = { maxEventBytes: config.maxEventBytes, maxEvents: config.maxEvents, maxDepth: 32 }

  async function receive(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const protection = running()
    const receivedAt = now()
    const described = describe(request)
    const dialect = dialectOf(described)
    const key = keyOfHeader(request.headers.authorization)
    if (key === undefined && !dialect.findKeys) throw unauthorized(NO_KEY)
    const known = key === undefined ? undefined : await authenticate([key])
    const querySentAt = sentAt(request.query)
    const encoding = (request.headers['content-encoding'] ?? dialect.encoding?.(described) ?? '').trim().toLowerCase()
    const body = await bodies.read(request.raw, encoding)
    try {
      const sender = known ?? (await authenticate(dialect.findKeys?.(body, described) ?? []))
      const parsed = await runSliced(dialect.parse(body, { ...described, receivedAt, limits, declares }))
      if (!parsed.ok) throw problemOf(parsed.fault)
      const { batch } = parsed
      const wait = sender.quota.acquire(batch.items.length, sender.eventsPerSecond ?? config.eventsPerSecond)
      if (wait > 0) throw overQuota(wait)
      const skew = clockSkew(batch.sentAt ?? querySentAt, receivedAt)
      assertPublishing()
      const validator = protection.validator()
      const identities = protection.identitiesOf(sender.id)
      const observed = activities.observe()
      const found = violations.observe(sender.id)
      const modeOf = (event: string) => violationMode(deps.plan, event, sender.onViolation)
      const { usersPerDay } = sender
      const users = usersPerDay === undefined ? undefined : { limit: usersPerDay, seen: sender.users }
      const writing = { writer: sender.stores ? openWriter() : null, tally, logger, metrics }
      const outcome = await takeEvents(
        batch,
        { receivedAt, skew },
        { validator, identities, modeOf, ...(users && { users }), observed, violations: found, ...writing },
      )
      found.end()
      activities.record(sender.id, outcome, observed.events)
      const answer = dialect.answer(outcome, described)
      return reply.code(answer.status).type(answer.contentType).send(answer.body)
    } finally {
      inFlight.release(body.length)
    }
  }

  async function accept(sender: string, events: readonly unknown[]): Promise<Outcome> {
    const protection = running()
    assertPublishing()
    const { validator, identitiesOf } = protection
    const batch: Batch = { items: events, toEvent: event => event, unmapped: new Set() }
    return takeEvents(
      batch,
      { receivedAt: now(), skew: 0 },
      { validator: validator(), identities: identitiesOf(sender), modeOf: () => 'reject', writer: openWriter(), tally, logger, metrics },
    )
  }

  /** Checked after the body was read, since it may have begun before the hold. */
  function assertPublishing(): void {
    if (distribution.isHeld()) throw tryLater('The number of partitions of the event log is changing. Send the same request again.')
  }

  /** The sender of the first known key. */
  async function authenticate(candidates: readonly string[]): Promise<Sender> {
    if (candidates.length === 0) throw unauthorized(NO_KEY)
    for (const key of candidates) {
      const sender = await keys.authenticate(key)
      if (sender !== null) return sender
    }
    throw unauthorized('This write key is unknown or has expired.')
  }

  return { receive, accept }
}

const CORS = {
  'access-control-allow-methods': 'POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, content-encoding, x-sentry-auth',
  'access-control-max-age': '86400',
}

function routesOf(receive: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>, metrics: Metrics): FastifyPluginAsync {
  return async fastify => {
    // Bodies are read by `bodies` with their own limits, so Fastify's parsers are removed.
    fastify.removeAllContentTypeParsers()
    fastify.addContentTypeParser('*', (_request, _payload, done) => done(null))
    fastify.addHook('onRequest', async (_request, reply) => {
      // Any origin may send: a write key can only write, so pages may contain one.
      reply.header('access-control-allow-origin', '*').header('access-control-expose-headers', 'retry-after')
    })
    fastify.addHook('onResponse', async (_request, reply) => metrics.requests.inc({ status: reply.statusCode }))
    for (const path of new Set(DIALECTS.flatMap(dialect => dialect.paths))) {
      const route = path.replace(/\{(\w+)\}/g, ':$1')
      fastify.options(route, (_request, reply) => reply.code(204).headers(CORS).send())
      fastify.post(route, receive)
    }
  }
}
