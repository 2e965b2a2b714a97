import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  HttpProblem,
  type Subject,
  USERS,
  type UserDocument,
} from '@northstar/runtime'
import { z } from 'zod'
import type { PeopleParts } from './auth-routes.ts'
import { bodyOf } from './body.ts'
import { createOidc } from './oidc.ts'
import { checkPassword } from './passwords.ts'
import type { ThrottleLimit } from './throttle.ts'

export const credentials = z.union([
  z.strictObject({ token: z.string().min(1).max(512) }),
  z.strictObject({ user: z.string().min(1).max(64), password: z.string().min(1).max(200) }),
])

const iso = (at: number) => new Date(at).toISOString()

/** Signing in and out, and who one is. */
export function sessionRoutes(fastify: FastifyInstance, { config, state, control, sessions, audit, throttle, now }: PeopleParts): void {
  const originOf = (request: FastifyRequest) =>
    config.publicUrl ? new URL(config.publicUrl).origin : `${control.isSecure(request) ? 'https' : 'http'}://${request.headers.host ?? ''}`
  const oidc = config.oidc && createOidc(config.oidc, { state, now, isSecure: control.isSecure, originOf })
  const ways = ['token', 'password', ...(oidc ? ['oidc'] : [])]

  async function signedIn(
    request: FastifyRequest,
    reply: FastifyReply,
    by: string,
    owner: { readonly subject: Subject; readonly name: string },
    role: string,
  ) {
    const begun = await sessions.begin(request, reply, owner)
    await audit.record({ who: owner.name, role, via: by, what: 'sign_in', from: request.ip })
    return { role, user: owner.name, kind: 'session', csrf: begun.csrf, expires_at: iso(begun.expiresAt) }
  }

  async function refused(request: FastifyRequest, by: string, who: string): Promise<HttpProblem> {
    await audit.record({ who, role: null, via: by, what: 'sign_in', status: 401, from: request.ip })
    const detail = by === 'token' ? 'The token is unknown.' : 'The name or the password is wrong.'
    return new HttpProblem({ status: 401, code: 'sign_in', detail })
  }

  fastify.get('/v1/session', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const identity = await control.identify(request)
    if (!identity) throw new HttpProblem({ status: 401, code: 'unauthenticated', detail: 'Nobody is signed in.', sign_in: ways })
    const { role, name, via, session } = identity
    return { role, user: name, kind: via, csrf: session?.csrf ?? null, expires_at: session ? iso(session.expiresAt) : null, sign_in: ways }
  })

  fastify.post('/v1/session', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    // Another site must not sign its visitor in here as somebody else.
    if (request.headers.origin !== undefined && !control.isOwnOrigin(request)) {
      throw new HttpProblem({ status: 403, code: 'csrf', detail: 'Signing in works from this server’s own page.' })
    }
    const given = bodyOf(credentials, request.body)
    const who = 'user' in given ? given.user.toLowerCase() : 'token'
    const limits: ThrottleLimit[] = [
      { key: `address ${request.ip}`, failures: 30 },
      ...('user' in given
        ? [
            { key: `user ${who}`, failures: 50 },
            { key: `both ${request.ip} ${who}`, failures: 5 },
          ]
        : []),
    ]
    const wait = throttle.wait(limits)
    if (wait !== null) {
      throw new HttpProblem(
        { status: 429, code: 'too_many', detail: 'Too many failed tries. Wait, then try again.' },
        { 'retry-after': String(wait) },
      )
    }
    // Counted before the answer is known: tries that run side by side must not slip through together.
    throttle.failed(limits)
    if ('token' in given) {
      const found = await control.subjectOf(given.token)
      if (!found) throw await refused(request, 'token', 'token')
      throttle.succeeded(limits)
      return signedIn(request, reply, 'token', found, found.role)
    }
    const user = NAME.test(who) ? (await state.get<UserDocument>(USERS + who))?.value : undefined
    if (!(await checkPassword(given.password, user?.password ?? null)) || !user) throw await refused(request, 'password', who)
    throttle.succeeded(limits)
    return signedIn(request, reply, 'password', { subject: { kind: 'user', name: user.name }, name: user.name }, user.role)
  })

  fastify.delete('/v1/session', async (request, reply) => {
    const identity = await control.identify(request)
    await sessions.end(request, reply, identity?.session?.key)
    return reply.code(204).send()
  })

  fastify.get<{ Params: { token: string } }>('/welcome/:token', async (request, reply) => {
    reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer')
    const limits = [{ key: `address ${request.ip}`, failures: 30 }]
    const wait = throttle.wait(limits)
    if (wait !== null) throw new HttpProblem({ status: 429, detail: 'Too many failed tries.' }, { 'retry-after': String(wait) })
    const owner = await sessions.useLink(request.params.token)
    if (!owner) {
      throttle.failed(limits)
      return reply.redirect('/login?problem=link', 303)
    }
    await signedIn(request, reply, 'link', owner, owner.subject.kind === 'admin-token' ? 'admin' : 'user')
    return reply.redirect('/', 303)
  })

  if (!oidc) return
  fastify.get('/v1/session/oidc', (request, reply) => oidc.begin(request, reply).catch(error => backToLogin(request, reply, error)))
  fastify.get('/v1/session/oidc/callback', async (request, reply) => {
    try {
      const { subject, name, role } = await oidc.finish(request)
      await signedIn(request, reply, 'oidc', { subject: { kind: 'oidc', subject, role }, name }, role)
      return reply.redirect('/', 303)
    } catch (error) {
      return backToLogin(request, reply, error)
    }
  })
}

/** A person is told on the page what a program is told by a problem document. */
function backToLogin(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  if (!(error instanceof HttpProblem) || !request.headers.accept?.includes('text/html')) throw error
  const { code, status } = error.problem
  return reply.redirect(`/login?problem=${status === 503 ? 'unreachable' : String(code)}`, 303)
}

/** What a user may be called. */
export const NAME = /^[a-z0-9][a-z0-9._@+-]{0,63}$/
