import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { api } from '@northstar/http-api'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyPluginAsync, type FastifyReply } from 'fastify'
import type { AccessControl } from './access.ts'
import { isRetryable } from './async.ts'
import { enforceAccess, handle } from './handle.ts'
import { HttpProblem, sendProblem, storeUnavailable } from './http-problem.ts'
import type { App, Component, Health } from './lifecycle.ts'
import type { Logger } from './logging.ts'
import { addressError } from './metrics.ts'
import { answerClientError, answerOutsideRoutes, NODE_OPTIONS, pathOf } from './outside-routes.ts'

export type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'

/** Maximum size of a body that is no event's, bytes. */
const BODY_LIMIT = 1024 * 1024

/** Texts for errors of fastify whose own texts name no remedy, by code. */
const REQUEST_ERRORS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: `The body is larger than ${BODY_LIMIT} bytes.`,
  FST_ERR_CTP_INVALID_JSON_BODY: 'The body is not valid JSON, or has a member "__proto__" or "constructor".',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'The body is empty: send JSON, or no content type.',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'The content type must be application/json.',
}

export interface HttpOptions {
  readonly host: string
  readonly port: number
  readonly logger: Logger
  readonly routes: readonly FastifyPluginAsync[]
  /** Addresses and networks of proxies whose `X-Forwarded-*` headers count. Default none. */
  readonly trustedProxies?: readonly string[]
  /** Required by routes that are not for anyone. */
  readonly access?: Pick<AccessControl, 'enforce'>
  /** Health of the process's parts, for `/readyz`. */
  readonly health: () => Promise<Readonly<Record<string, Health>>>
  /** How long the requests in progress may take when the server stops; then their connections are cut. Default 3,000 ms. */
  readonly graceMs?: number
  /** Called for every route that is registered. */
  readonly onRoute?: (method: string, path: string) => void
}

export interface HttpServer extends Component {
  readonly fastify: FastifyInstance
  /** `http://host:port` once started. */
  url(): string
}

/** Closes connections that browsers opened in advance: Node treats them as busy until their first request, which would delay a stop by over a minute. */
function closeUnusedConnections(fastify: FastifyInstance): void {
  const unused = new Set<Socket>()
  fastify.server.on('connection', (socket: Socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
  fastify.server.on('request', ({ socket }: IncomingMessage) => unused.delete(socket))
  fastify.addHook('preClose', async () => {
    for (const socket of unused) socket.destroy()
  })
}

/** One HTTP server with the routes of one service, or of all. */
export function createHttpServer(options: HttpOptions): HttpServer {
  const { host, port, logger, graceMs = 3_000 } = options
  const fastify = Fastify({
    logger: false,
    http: NODE_OPTIONS,
    rewriteUrl: ({ url = '/' }) => pathOf(url),
    trustProxy: [...(options.trustedProxies ?? [])],
    forceCloseConnections: 'idle',
    bodyLimit: BODY_LIMIT,
    // Limits how long a slow sender can hold a connection.
    requestTimeout: 60_000,
    clientErrorHandler: answerClientError,
    // Called for a URL that the router refused.
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply as FastifyReply, { status: error.statusCode ?? 400, detail: error.message })
    },
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: true },
  })
  // A sender that closes its side after its request still gets the answer.
  Object.assign(fastify.server, { httpAllowHalfOpen: true })
  let stopping: Promise<void> | undefined
  let address = ''

  fastify.setErrorHandler((error, request, reply) => {
    if (error instanceof HttpProblem) return sendProblem(reply.headers(error.headers), error.problem)
    const { statusCode: status = 500, code = '', message } = error as Partial<FastifyError>
    if (status < 500) return sendProblem(reply, { status, detail: REQUEST_ERRORS[code] ?? message })
    const failed = { err: error, method: request.method, route: request.routeOptions.url }
    if (isRetryable(error)) {
      logger.warn(failed, 'a store is unavailable')
      const { problem, headers } = storeUnavailable(error)
      return sendProblem(reply.headers(headers), problem)
    }
    logger.error(failed, 'request failed')
    return sendProblem(reply, { status: 500, detail: 'The server failed. The error is in its log.' })
  })
  fastify.setNotFoundHandler((request, reply) =>
    sendProblem(reply, { status: 404, detail: `There is no ${request.method} ${request.url.split('?')[0]} here.` }),
  )
  fastify.addHook('onRoute', ({ method, path }) => {
    for (const one of [method].flat()) options.onRoute?.(one, path)
  })
  // Answers are data: browsers must not interpret them as pages or scripts.
  fastify.addHook('onSend', async (_, reply) => {
    reply.header('x-content-type-options', 'nosniff')
  })
  closeUnusedConnections(fastify)
  answerOutsideRoutes(fastify)
  enforceAccess(fastify, options.access)
  // Health: the event loop runs. Readiness: every part can work.
  handle(fastify, api.operations.health, () => ({ status: 'ok' as const }))
  handle(fastify, api.operations.readiness, async (_, reply) => {
    const parts = await options.health()
    const unhealthy = Object.values(parts).filter(part => !part.healthy)
    const ready = !stopping && unhealthy.every(part => part.blocking === false)
    if (!ready) reply.code(503)
    return { status: ready ? (unhealthy.length > 0 ? ('degraded' as const) : ('ready' as const)) : ('not ready' as const), parts }
  })
  for (const routes of options.routes) fastify.register(routes)

  return {
    name: 'http',
    fastify,
    async start() {
      address = await fastify.listen({ host, port }).catch(error => {
        throw addressError('NORTHSTAR_PORT', host, port, error)
      })
    },
    stop: () => (stopping ??= close(fastify, graceMs)),
    url: () => address,
  }
}

async function close(fastify: FastifyInstance, graceMs: number): Promise<void> {
  const cut = setTimeout(() => fastify.server.closeAllConnections(), graceMs)
  try {
    await fastify.close()
  } finally {
    clearTimeout(cut)
  }
}

/** {@link HttpOptions.health} for a server that is itself part of the app. */
export function healthOf(app: () => App | undefined): HttpOptions['health'] {
  return async () => (await app()?.health()) ?? { start: { healthy: false, reason: 'is starting' } }
}
