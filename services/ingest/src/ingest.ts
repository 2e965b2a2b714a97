import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { TrackingPlan } from '@northstar/catalogue'
import { type EventLog, LogUnavailable } from '@northstar/event-log'
import {
  type Arrival,
  clockSkew,
  compileValidator,
  createPseudonyms,
  parseNative,
  parseRfc3339,
  planFingerprint,
  type Rejection,
  type Row,
  type Validator,
} from '@northstar/events'
import {
  type Component,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
  type Logger,
  type Metrics,
  sendProblem,
} from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { bodyFormat, readBody } from './body.ts'
import { createChunkWriter } from './chunk-writer.ts'
import type { IngestConfig } from './config.ts'
import { createInFlight } from './in-flight.ts'
import { createWriteKeys, type Sender } from './keys.ts'
import { badRequest, overQuota, tooLarge, tryLater, unauthorized } from './problems.ts'
import { ensurePseudonymKey } from './pseudonym-key.ts'
import { createRejectionTally } from './rejection-tally.ts'

export { INGEST_DEFAULTS, type IngestConfig } from './config.ts'

export interface IngestDeps {
  readonly plan: TrackingPlan
  readonly log: EventLog
  readonly state: StateStore
  readonly now: () => number
  readonly logger: Logger
  readonly metrics: Metrics
}

export interface Ingest extends Component {
  /** `POST /v1/events`. */
  readonly routes: FastifyPluginAsync
}

/** An event that was refused, by its place in the body. */
interface IndexedRejection extends Rejection {
  readonly index: number
}

/** Events are checked in slices of so many, with a turn of the event loop between them: no body holds up the others for long. */
const SLICE = 1_000

const CORS = {
  'access-control-allow-methods': 'POST, OPTIONS',
  'access-control-allow-headers': 'authorization, content-type, content-encoding',
  'access-control-max-age': '86400',
}

/** Takes events over HTTP, checks and protects them, and answers 202 once the log has them on disk. */
export function createIngest(config: IngestConfig, deps: IngestDeps): Ingest {
  const { log, state, now, logger, metrics } = deps
  const keys = createWriteKeys(config, deps)
  const inFlight = createInFlight(config.maxInFlightBytes)
  const writer = createChunkWriter(config, {
    log,
    plan: planFingerprint(deps.plan),
    onAppended: seconds => metrics.appendSeconds.observe(seconds),
  })
  const tally = createRejectionTally(deps)
  const limits = { maxEventBytes: config.maxEventBytes, maxEvents: config.maxEvents, maxDepth: 32 }
  let validate: Validator | null = null
  let stopping: Promise<void> | undefined

  async function takeEvents(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    if (validate === null || stopping !== undefined) throw tryLater('Ingest is not running.')
    const receivedAt = now()
    const sender = await authenticate(request)
    const format = bodyFormat(request.headers['content-type'])
    const skew = clockSkew(sentAt(request.query), receivedAt)
    const body = await readBody(request.raw, config, inFlight)
    try {
      const parsed = parseNative(body.bytes, format, limits)
      if (!parsed.ok)
        throw parsed.fault.code === 'too_large' ? tooLarge(sentence(parsed.fault.message)) : badRequest(sentence(parsed.fault.message))
      const wait = sender.quota.take(parsed.events.length, sender.eventsPerSecond ?? config.eventsPerSecond)
      if (wait > 0) throw overQuota(wait)
      const { accepted, rejected } = await takeAll(parsed.events, { receivedAt, skew }, validate)
      return answer(reply, accepted, rejected)
    } finally {
      inFlight.give(body.taken)
    }
  }

  async function authenticate(request: FastifyRequest): Promise<Sender> {
    const header = request.headers.authorization
    const key = header === undefined ? undefined : /^Bearer +([\x21-\x7e]{1,512})$/i.exec(header)?.[1]
    if (key === undefined) throw unauthorized('Send a write key: Authorization: Bearer KEY.')
    const sender = await keys.authenticate(key)
    if (sender === null) throw unauthorized('This write key is not known here.')
    return sender
  }

  /** Checks and writes every event. Resolves when the good ones are durable. */
  async function takeAll(events: readonly unknown[], arrival: Arrival, check: Validator) {
    const rejected: IndexedRejection[] = []
    const writes: Promise<void>[] = []
    let accepted = 0
    for (let from = 0; from < events.length; from += SLICE) {
      if (from > 0) await nextTurn()
      const rows: Row[] = []
      const to = Math.min(events.length, from + SLICE)
      for (let index = from; index < to; index++) {
        const result = check(events[index], arrival)
        if (result.ok) rows.push(result.row)
        else rejected.push({ index, ...result.rejection })
      }
      accepted += rows.length
      if (rows.length > 0) {
        const written = writer.write(rows)
        // Awaited below; a failure before that must not count as unhandled.
        written.catch(() => {})
        writes.push(written)
      }
    }
    try {
      await Promise.all(writes)
    } catch (error) {
      if (error instanceof LogUnavailable) {
        logger.warn({ err: error }, 'the log did not take events')
        throw tryLater('The event log cannot take events just now: send the same again.', error)
      }
      throw error
    }
    metrics.eventsAccepted.inc(accepted)
    // Counted last: a body that will be sent again must not count its refusals twice.
    for (const { code } of rejected) {
      tally.add(code)
      metrics.eventsRejected.inc({ code })
    }
    return { accepted, rejected }
  }

  const routes: FastifyPluginAsync = async fastify => {
    // Bodies are read here, against limits of their own: the parsers of the rest of the process never see them.
    fastify.removeAllContentTypeParsers()
    fastify.addContentTypeParser('*', (_request, _payload, done) => done(null))
    fastify.addHook('onRequest', async (_request, reply) => {
      // Write keys only write: a page may hold one, so any page may send.
      reply.header('access-control-allow-origin', '*').header('access-control-expose-headers', 'retry-after')
    })
    fastify.addHook('onResponse', async (_request, reply) => metrics.requests.inc({ status: reply.statusCode }))
    fastify.options('/v1/events', (_request, reply) => reply.code(204).headers(CORS).send())
    fastify.post('/v1/events', takeEvents)
  }

  return {
    name: 'ingest',
    routes,
    async start() {
      const pseudonyms = createPseudonyms(await ensurePseudonymKey(state))
      validate = compileValidator(deps.plan, { makeId: randomUUID, pseudonyms, maxAgeMs: config.maxAgeMs })
      await keys.start()
      tally.start()
    },
    stop() {
      stopping ??= (async () => {
        keys.stop()
        await writer.drain()
        await tally.stop()
      })()
      return stopping
    },
    async health() {
      const { healthy, reason } = await log.health()
      return healthy ? { healthy, reason: `takes events, ${inFlight.bytes} bytes in flight` } : { healthy, reason }
    },
  }
}

function answer(reply: FastifyReply, accepted: number, rejected: readonly IndexedRejection[]): FastifyReply {
  if (accepted > 0) {
    const list = rejected.length === 0 ? '[]' : JSON.stringify(rejected)
    return reply.code(202).type('application/json').send(`{"accepted":${accepted},"rejected":${list}}`)
  }
  return sendProblem(reply, { status: 422, detail: 'Every event was rejected.', accepted, rejected })
}

/** The sender's clock when it sent, from `?sent_at=`: epoch milliseconds or RFC 3339. */
function sentAt(query: unknown): number | null {
  const value = (query as { sent_at?: unknown }).sent_at
  if (value === undefined) return null
  const time = typeof value !== 'string' ? Number.NaN : /^\d{1,16}$/.test(value) ? Number(value) : parseRfc3339(value)
  if (Number.isNaN(time)) throw badRequest('sent_at must be epoch milliseconds or an RFC 3339 time.')
  return time
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
