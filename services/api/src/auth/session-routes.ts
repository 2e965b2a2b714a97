import { api, type Role } from '@northstar/http-api'
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  HttpProblem,
  handle,
  type Subject,
  USERS,
  type UserDocument,
} from '@northstar/runtime'
import type { PeopleParts } from './auth-routes.ts'
import { createOidc } from './oidc.ts'
import { checkPassword } from './passwords.ts'
import type { ThrottleLimit } from './throttle.ts'

const iso = (at: number) => new Date(at).toISOString()

/** Signing in and out, and who one is. */
export function sessionRoutes(fastify: FastifyInstance, { config, state, control, sessions, audit, throttle, now }: PeopleParts): void {
  const originOf = (request: FastifyRequest) =>
    config.publicUrl ? new URL(config.publicUrl).origin : `${control.isSecure(request) ? 'https' : 'http'}://${request.headers.host ?? ''}`
  const oidc = config.oidc && createOidc(config.oidc, { state, now, isSecure: control.isSecure, originOf })

  async function signedIn(
    request: FastifyRequest,
    reply: FastifyReply,
    by: string,
    owner: { readonly subject: Subject; readonly name: string },
    role: Role,
  ) {
    const begun = await sessions.begin(request, reply, owner)
    await audit.record({ who: owner.name, role, via: by, what: 'sign_in', from: request.ip })
    return { role, user: owner.name, kind: 'session' as const, csrf: begun.csrf, expires_at: iso(begun.expiresAt) }
  }

  async function refused(request: FastifyRequest, by: string, who: string): Promise<HttpProblem> {
    await audit.record({ who, role: null, via: by, what: 'sign_in', status: 401, from: request.ip })
    const detail = by === 'token' ? 'The token is unknown.' : 'The name or the password is wrong.'
    return new HttpProblem({ status: 401, code: 'sign_in', detail })
  }

  handle(fastify, api.sessions.read, ({ caller: { role, name, via, session } }) => ({
    role,
    user: name,
    kind: via,
    csrf: session?.csrf ?? null,
    expires_at: session ? iso(session.expiresAt) : null,
  }))

  handle(fastify, api.sessions.begin, async ({ raw: request, body: given }, reply) => {
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
    const user = (await state.get<UserDocument>(USERS + who))?.value
    if (!(await checkPassword(given.password, user?.password ?? null)) || !user) throw await refused(request, 'password', who)
    throttle.succeeded(limits)
    return signedIn(request, reply, 'password', { subject: { kind: 'user', name: user.name }, name: user.name }, user.role)
  })

  handle(fastify, api.sessions.end, async ({ raw: request }, reply) => {
    const identity = await control.identify(request)
    await sessions.end(request, reply, identity?.session?.key)
  })

  handle(fastify, api.sessions.welcome, async ({ params, raw: request }, reply) => {
    reply.header('referrer-policy', 'no-referrer')
    const limits = [{ key: `address ${request.ip}`, failures: 30 }]
    const wait = throttle.wait(limits)
    if (wait !== null) throw new HttpProblem({ status: 429, detail: 'Too many failed tries.' }, { 'retry-after': String(wait) })
    const owner = await sessions.useLink(params.token)
    if (!owner) {
      throttle.failed(limits)
      reply.redirect('/login?problem=link', 303)
      return
    }
    await signedIn(request, reply, 'link', owner, owner.subject.kind === 'admin-token' ? 'admin' : 'read')
    reply.redirect('/', 303)
  })

  if (!oidc) return
  handle(fastify, api.sessions.beginOidc, async ({ raw: request }, reply) => {
    await oidc.begin(request, reply).catch(error => backToLogin(request, reply, error))
  })
  handle(fastify, api.sessions.finishOidc, async ({ raw: request }, reply) => {
    try {
      const { subject, name, role } = await oidc.finish(request)
      await signedIn(request, reply, 'oidc', { subject: { kind: 'oidc', subject, role }, name }, role)
      reply.redirect('/', 303)
    } catch (error) {
      backToLogin(request, reply, error)
    }
  })
}

/** A person is told on the page what a program is told by a problem document. */
function backToLogin(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
  if (!(error instanceof HttpProblem) || !request.headers.accept?.includes('text/html')) throw error
  const { code, status } = error.problem
  reply.redirect(`/login?problem=${status === 503 ? 'unreachable' : String(code)}`, 303)
}
