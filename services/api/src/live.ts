import { randomBytes } from 'node:crypto'
import { api } from '@northstar/http-api'
import { type AccessControl, type FastifyPluginAsync, type FastifyReply, HttpProblem, handle, subjectText } from '@northstar/runtime'
import { createLiveValues, type LiveValues, type LiveValuesConfig, type LiveValuesDeps } from './live-values.ts'

export interface LiveConfig extends LiveValuesConfig {
  /** How often a silent connection gets a heartbeat, ms. The caller's right is checked again at each. */
  readonly heartbeatMs: number
  /** Connections at the same time; further ones are answered 503. */
  readonly maxClients: number
  /** Connections of one identity; further ones are answered 429, so that one reader cannot take all of them. */
  readonly maxPerIdentity: number
}

export const LIVE_DEFAULTS: LiveConfig = { everyMs: 1_000, clockMs: 15_000, heartbeatMs: 15_000, maxClients: 500, maxPerIdentity: 50 }

export interface LiveDeps extends LiveValuesDeps {
  /** Checked again at every heartbeat. */
  readonly control: Pick<AccessControl, 'identify'>
}

/** How long a browser waits before it reconnects, ms. */
const RETRY_MS = 2_000
/** A reader with so many unread bytes gets nothing new until it has read them. */
const MAX_WAITING_BYTES = 256 * 1024

/**
 * `GET /v1/live`, server-sent events: `event: values` with {@link LiveChanges}, first all metrics, then those that changed. After a
 * broken connection `Last-Event-ID` brings what changed meanwhile, from this process; from another one, everything again.
 */
export function liveRoutes(deps: LiveDeps, config: LiveConfig = LIVE_DEFAULTS): FastifyPluginAsync {
  const values = createLiveValues(config, deps)
  const instance = randomBytes(6).toString('hex')
  const clients = new Map<Client, string>()

  return async fastify => {
    // An open stream would keep the server from closing.
    fastify.addHook('preClose', async () => {
      for (const client of clients.keys()) client.end()
    })

    handle(fastify, api.metrics.live, ({ raw: request, caller }, reply) => {
      const owner = subjectText(caller.subject)
      if (clients.size >= config.maxClients) {
        throw new HttpProblem({ status: 503, detail: 'Too many live connections.' }, { 'retry-after': '10' })
      }
      if ([...clients.values()].filter(other => other === owner).length >= config.maxPerIdentity) {
        const detail = `You have ${config.maxPerIdentity} live connections already: close some.`
        throw new HttpProblem({ status: 429, code: 'too_many', detail }, { 'retry-after': '10' })
      }
      const client = connect(reply, values, instance, sequenceOf(request.headers['last-event-id'], instance), () => clients.delete(client))
      clients.set(client, owner)
      const stillMayRead = () => deps.control.identify(request).then(identity => identity !== null)
      client.beat(config.heartbeatMs, stillMayRead)
      // A client that left while it was authenticated has closed before anybody listened.
      if (reply.raw.destroyed) client.end()
    })
  }
}

interface Client {
  beat(everyMs: number, allowed: () => Promise<boolean>): void
  end(): void
}

function connect(reply: FastifyReply, values: LiveValues, instance: string, after: number, onEnd: () => void): Client {
  reply.hijack()
  const { raw } = reply
  raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // Proxies must pass on every chunk as it arrives.
    'x-accel-buffering': 'no',
    // A connection that is kept alive would outlive the stream and delay the server's shutdown.
    connection: 'close',
  })
  raw.write(`retry: ${RETRY_MS}\n\n`)
  let sent = after
  let timer: NodeJS.Timeout | undefined
  let ended = false

  function send(): void {
    if (ended || raw.writableLength > MAX_WAITING_BYTES) return
    const changes = values.since(sent)
    if (!changes || changes.seq === sent) return
    sent = changes.seq
    raw.write(`id: ${instance}-${changes.seq}\nevent: values\ndata: ${JSON.stringify({ at: changes.at, metrics: changes.metrics })}\n\n`)
  }

  const unsubscribe = values.subscribe(send)
  // Changes that waited for a slow reader are sent as one once it has caught up.
  raw.on('drain', send)
  const end = () => {
    if (ended) return
    ended = true
    clearInterval(timer)
    unsubscribe()
    onEnd()
    raw.end()
  }
  raw.on('close', end)
  raw.on('error', end)
  send()

  return {
    end,
    beat(everyMs, allowed) {
      timer = setInterval(() => {
        allowed().then(
          yes => {
            if (!yes) end()
            else if (!ended && raw.writableLength <= MAX_WAITING_BYTES) raw.write(': still here\n\n')
          },
          // The session store is unavailable: open streams stay open.
          () => {},
        )
      }, everyMs).unref()
    },
  }
}

/** The number in this process's sequence that the client has reached; -1 for none, or for another process's. */
function sequenceOf(id: string | string[] | undefined, instance: string): number {
  const [, from, seq] = /^([0-9a-f]{12})-(\d{1,15})$/.exec(String(id ?? '')) ?? []
  return from === instance ? Number(seq) : -1
}
