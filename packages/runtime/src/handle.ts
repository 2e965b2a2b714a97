import { setMaxListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { type Access, type Answer, type Declaration, type Input, type InputPart, parseInput } from '@northstar/http-api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AccessControl, Identity } from './access.ts'
import { HttpProblem } from './http-problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** From the declaration of the route. */
    access?: Access
  }
  interface FastifyRequest {
    /** Set once identified; never null on routes that need a role. */
    caller: Identity | null
    /** The object of a change, for the audit log. */
    auditObject: Readonly<Record<string, unknown>> | null
  }
}

/** A request, validated and typed by its declaration. */
export interface HandledRequest<D extends Declaration> extends Input<D> {
  /** Never null if the declaration needs a role. */
  readonly caller: D['access'] extends 'anyone' | 'write key' ? null : Identity
  /** Aborted when the client has closed the connection, or the answer was sent. */
  readonly disconnected: AbortSignal
  readonly raw: FastifyRequest
}

type OtherAnswer<D extends Declaration> = D extends { readonly types: { readonly answer: object } } ? undefined : never
// biome-ignore lint/suspicious/noConfusingVoidType: a handler of a 204 returns nothing
type HandlerAnswer<D extends Declaration> = Answer<D> | OtherAnswer<D> | (undefined extends Answer<D> ? void : never)

/** Returns the JSON of the answer, or nothing for a 204 or after sending an answer of another type. */
export type Handler<D extends Declaration> = (
  request: HandledRequest<D>,
  reply: FastifyReply,
) => HandlerAnswer<D> | Promise<HandlerAnswer<D>>

/** Refuses every parameter, so that one that a route does not have is not ignored. Routes for anyone ignore those that proxies and links add. */
const NO_QUERY = z.strictObject({})

/**
 * Registers a declared route. Access is checked before the body is read; params, query and body are validated before the handler runs. The
 * answer's status is the first declared one unless the handler sets another. Answers are not cached unless the handler sets `cache-control`:
 * most are for their caller only.
 */
export function handle<D extends Declaration>(fastify: FastifyInstance, declaration: D, handler: Handler<NoInfer<D>>): void {
  const { method, path, access, answers } = declaration
  const [status = 200] = Object.keys(answers).map(Number)
  fastify.route({
    method,
    url: path.replace(/\{(\w+)\}/g, ':$1'),
    config: { access },
    onRequest: async ({ url, headers }) => {
      if (needsRole(access)) assertDecodable(url)
      if (declaration.body) assertPlain(headers['content-encoding'])
    },
    exposeHeadRoute: !declaration.types?.answer?.includes('text/event-stream'),
    handler: async (raw, reply) => {
      reply.code(status).header('cache-control', 'no-store')
      const request = {
        params: parsed(declaration.params, 'params', raw.params),
        query: parsed(declaration.query ?? (needsRole(access) ? NO_QUERY : undefined), 'query', raw.query),
        body: parsed(declaration.body, 'body', raw.body),
        caller: raw.caller,
        get disconnected() {
          return closingOf(reply)
        },
        raw,
      }
      const fields = Object.entries(request.body ?? {}).filter(([field]) => declaration.audited?.includes(field))
      raw.auditObject = { ...request.params, ...Object.fromEntries(fields) }
      // The declaration's schemas have just produced these parts.
      const answer = await handler(request as unknown as HandledRequest<NoInfer<D>>, reply)
      if (answer !== undefined) return answer
      return status === 204 ? reply.send() : reply
    },
  })
}

/** Fastify's parser leaves undecodable parts of a query unchanged, so that a filter would have another value. */
function assertDecodable(url: string): void {
  try {
    decodeURIComponent(url)
  } catch {
    throw new HttpProblem({ status: 400, detail: 'The query of the URL is not percent-encoded UTF-8.' })
  }
}

function assertPlain(encoding: string | undefined): void {
  if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return
  throw new HttpProblem(
    { status: 415, detail: 'Send the body unpacked: only events may have a Content-Encoding.' },
    { 'accept-encoding': 'identity' },
  )
}

function closingOf({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController()
  // One request may ask many questions, each of which listens.
  setMaxListeners(0, controller.signal)
  whenGone(raw, () => controller.abort())
  return controller.signal
}

/**
 * Calls `gone` once the client has gone. A client that has closed only its own side looks the same until something is written; one that waits
 * for long keeps both sides open.
 */
export function whenGone(raw: ServerResponse, gone: () => void): void {
  const { socket } = raw
  if (raw.destroyed || socket?.readableEnded) {
    gone()
    return
  }
  socket?.once('end', gone)
  raw.once('close', () => {
    socket?.off('end', gone)
    gone()
  })
}

function parsed(schema: z.ZodType | undefined, part: InputPart, given: unknown): object | undefined {
  if (schema === undefined) return part === 'body' ? undefined : {}
  const result = parseInput(schema, part, given)
  if (!result.ok) throw new HttpProblem({ ...result.problem })
  return result.value as object
}

/** Checks each route's declared access before the rest of the request is read. */
export function enforceAccess(fastify: FastifyInstance, control: Pick<AccessControl, 'enforce'> | undefined): void {
  fastify.decorateRequest('caller', null)
  fastify.decorateRequest('auditObject', null)
  fastify.addHook('onRoute', ({ config, path }) => {
    if (needsRole(config?.access) && !control) throw new Error(`${path} needs ${config?.access}: this server has no access control`)
  })
  fastify.addHook('onRequest', async request => {
    const { access } = request.routeOptions.config
    if (access) await control?.enforce(request, access)
  })
}

const needsRole = (access: Access | undefined) => access !== undefined && access !== 'anyone' && access !== 'write key'
