import { randomBytes } from 'node:crypto'
import { api } from '@northstar/http-api'
import {
  type AccessControl,
  type FastifyPluginAsync,
  type FastifyReply,
  HttpProblem,
  handle,
  subjectText,
  whenGone,
} from '@northstar/runtime'
import { createLiveValues, type LiveValues, type LiveValuesConfig, type LiveValuesDeps } from './live-values.ts'

export interface LiveConfig extends LiveValuesConfig {
  /** Interval of heartbeats, ms. Each checks again that the caller may read. */
  readonly heartbeatMs: number
  /** Maximum number of connections; further ones get 503. */
  readonly maxClients: number
  /** Maximum number of connections of one identity; further ones get 429. */
  readonly maxPerIdentity: number
}

export const LIVE_DEFAULTS: LiveConfig = { everyMs: 1_000, clockMs: 15_000, heartbeatMs: 15_000, maxClients: 500, maxPerIdentity: 50 }

export interface LiveDeps extends LiveValuesDeps {
  /** Checked again at every heartbeat. */
  readonly control: Pick<AccessControl, 'identify'>
}

/** A browser's delay before it reconnects, ms. */
const RETRY_MS = 2_000
/** A client with more unsent bytes than this is sent nothing until it has caught up. */
const MAX_BUFFERED_BYTES = 256 * 1024

/**
 * `GET /v1/live`, server-sent events: `event: values` with {@link LiveChanges}, first all metrics, then those that changed. After a
 * broken connection `Last-Event-ID` resumes at this process; another process sends everything again.
 */
export function liveRoutes(deps: LiveDeps, config: LiveConfig = LIVE_DEFAULTS): FastifyPluginAsync {
  const values = createLiveValues(config, deps)
  const instance = randomBytes(6).toString('hex')
  const clients = new Map<Client, string>()

  return async fastify => {
    // An open stream would delay the server's shutdown.
    fastify.addHook('preClose', async () => {
      for (const client of clients.keys()) client.end()
    })

    handle(fastify, api.metrics.live, ({ raw: request, caller }, reply) => {
      const owner = subjectText(caller.subject)
      if (clients.size >= config.maxClients) {
        throw new HttpProblem(
          { status: 503, detail: `Too many live connections: ${config.maxClients} are open. Try again in 10 seconds.` },
          { 'retry-after': '10' },
        )
      }
      if ([...clients.values()].filter(other => other === owner).length >= config.maxPerIdentity) {
        const detail = `You already have ${config.maxPerIdentity} live connections. Close some of them.`
        throw new HttpProblem({ status: 429, code: 'too_many', detail }, { 'retry-after': '10' })
      }
      const client = connect(reply, values, instance, sequenceOf(request.headers['last-event-id'], instance), () => clients.delete(client))
      clients.set(client, owner)
      const stillMayRead = () => deps.control.identify(request).then(identity => identity !== null)
      client.beat(config.heartbeatMs, stillMayRead)
      // The client may have disconnected during authentication, before the close listener was added.
      if (reply.raw.destroyed) client.end()
    })
  }
}

interface Client {
  beat(everyMs: number, isAllowed: () => Promise<boolean>): void
  end(): void
}

function connect(reply: FastifyReply, values: LiveValues, instance: string, after: number, onEnd: () => void): Client {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // This header turns off buffering in nginx.
    'x-accel-buffering': 'no',
    // A keep-alive connection would delay the server's shutdown.
    connection: 'close',
  })
  raw.write(`retry: ${RETRY_MS}\n\n`)
  let sent = after
  let timer: NodeJS.Timeout | undefined
  let ended = false

  function send(): void {
    if (ended || raw.writableLength > MAX_BUFFERED_BYTES) return
    const changes = values.since(sent)
    if (!changes || changes.seq === sent) return
    sent = changes.seq
    raw.write(`id: ${instance}-${changes.seq}\nevent: values\ndata: ${JSON.stringify({ at: changes.at, metrics: changes.metrics })}\n\n`)
  }

  const unsubscribe = values.subscribe(send)
  // A slow client gets all changes at once when it has caught up.
  raw.on('drain', send)
  const end = () => {
    if (ended) return
    ended = true
    clearInterval(timer)
    unsubscribe()
    onEnd()
    raw.end()
  }
  whenGone(raw, end)
  raw.on('error', end)
  send()

  return {
    end,
    beat(everyMs, isAllowed) {
      timer = setInterval(() => {
        isAllowed().then(
          allowed => {
            if (!allowed) end()
            else if (!ended && raw.writableLength <= MAX_BUFFERED_BYTES) raw.write(': heartbeat\n\n')
          },
          // If the session store is unavailable, open streams stay open.
          () => {},
        )
      }, everyMs).unref()
    },
  }
}

/** The sequence number of a `Last-Event-ID`; -1 without one, or for one of another process. */
function sequenceOf(id: string | string[] | undefined, instance: string): number {
  const [, from, seq] = /^([0-9a-f]{12})-(\d{1,15})$/.exec(String(id ?? '')) ?? []
  return from === instance ? Number(seq) : -1
}
