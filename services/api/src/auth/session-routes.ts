import { api, includedRoles, type Session } from '@northstar/http-api'
import {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  HttpProblem,
  handle,
  type Identity,
  subjectText,
  USERS,
  type UserDocument,
} from '@northstar/runtime'
import type { AuthParts } from './auth-routes.ts'
import { checkNewPassword } from './common-passwords.ts'
import { createOidc } from './oidc.ts'
import { checkPassword } from './passwords.ts'
import type { Owner } from './sessions.ts'
import { setPassword } from './users.ts'

/** As `POST /v1/users` takes it. */
const USER_NAME = /^[a-z0-9][a-z0-9._@+-]{0,63}$/

const iso = (at: number) => new Date(at).toISOString()

/** Signing in and out, and the sessions that there are. */
export function sessionRoutes(fastify: FastifyInstance, parts: AuthParts): void {
  const { config, state, control, sessions, audit, now } = parts
  const { throttle } = control
  const originOf = (request: FastifyRequest) =>
    config.publicUrl ? new URL(config.publicUrl).origin : `${control.isSecure(request) ? 'https' : 'http'}://${request.host}`
  const oidc = config.oidc && createOidc(config.oidc, { state, now, isSecure: control.isSecure, originOf })

  async function signedIn(request: FastifyRequest, reply: FastifyReply, by: string, owner: Owner): Promise<Session> {
    const { role, sensitive } = (await control.rightsOf({ ...owner, createdAt: now() })) ?? { role: 'read', sensitive: false }
    const begun = await sessions.begin(request, reply, owner)
    void audit.record({ who: owner.name, subject: subjectText(owner.subject), role, via: by, what: 'sign_in', from: request.ip })
    const rights = { role, roles: includedRoles(role), sensitive }
    return { ...rights, user: owner.name, kind: 'session', csrf: begun.csrf, expires_at: iso(begun.expiresAt) }
  }

  function refused(request: FastifyRequest, by: string, who: string): HttpProblem {
    void audit.record({ who, role: null, via: by, what: 'sign_in', status: 401, from: request.ip })
    const detail = by === 'token' ? 'The token is unknown.' : 'The name or the password is wrong.'
    return new HttpProblem({ status: 401, code: 'sign_in', detail })
  }

  handle(fastify, api.sessions.read, ({ caller: { role, sensitive, name, via, session } }) => ({
    role,
    sensitive,
    roles: includedRoles(role),
    user: name,
    kind: via,
    csrf: session?.csrf ?? null,
    expires_at: session ? iso(session.expiresAt) : null,
  }))

  handle(fastify, api.sessions.begin, async ({ raw: request, body: given }, reply) => {
    const who = 'user' in given ? given.user.toLowerCase() : 'token'
    const tries = [`sign-in ${who} from ${request.ip}`, ...('user' in given ? [`sign-in ${who}`] : []), `sign-in from ${request.ip}`]
    await throttle.pass(tries)
    // Counted before the answer is known: tries side by side must not pass together.
    throttle.failed(tries)
    if ('token' in given) {
      const found = await control.subjectOf(given.token)
      if (!found) throw refused(request, 'token', 'token')
      throttle.succeeded(tries)
      return signedIn(request, reply, 'token', found)
    }
    const user = USER_NAME.test(who) ? (await state.get<UserDocument>(USERS + who))?.value : undefined
    if (!(await checkPassword(given.password, user?.password ?? null)) || !user) throw refused(request, 'password', who)
    throttle.succeeded(tries)
    return signedIn(request, reply, 'password', { subject: { kind: 'user', name: user.name }, name: user.name })
  })

  // A preview or a HEAD of the link's address uses nothing up: only this does.
  handle(fastify, api.sessions.useLink, async ({ raw: request, body: { token, password } }, reply) => {
    const tries = [`link from ${request.ip}`]
    await throttle.pass(tries)
    const unusable = { status: 401, code: 'link', detail: 'The link was used already, or is too old. Ask for another one.' }
    const link = await sessions.findLink(token)
    if (!link) {
      throttle.failed(tries)
      throw new HttpProblem(unusable)
    }
    if (link.needsPassword && password === undefined) {
      const detail = 'Choose a password: at least 12 characters.'
      throw new HttpProblem({ status: 400, code: 'password_required', field: 'password', detail, user: link.name })
    }
    if (password !== undefined && link.needsPassword) checkNewPassword(password, link.name)
    if (!(await link.use())) throw new HttpProblem(unusable)
    if (password !== undefined && link.needsPassword) await setPassword(parts, link.name, password)
    return signedIn(request, reply, 'link', link)
  })

  handle(fastify, api.sessions.createLink, async ({ caller }) => {
    const { subject } = caller
    if (subject.kind !== 'admin-token' && subject.kind !== 'user')
      throw new HttpProblem({ status: 403, code: 'forbidden', detail: 'Only a user or the holder of the admin token can make a link.' })
    return { link: `/welcome/${await sessions.makeLink({ subject, name: caller.name })}` }
  })

  handle(fastify, api.sessions.end, async ({ raw: request }, reply) => {
    const identity = await control.identify(request)
    await sessions.end(request, reply, identity?.session?.key)
  })

  const visible = async (caller: Identity) =>
    (await sessions.list()).filter(({ value }) => caller.role === 'admin' || subjectText(value.subject) === subjectText(caller.subject))

  handle(fastify, api.sessions.list, async ({ caller }) => ({
    sessions: await Promise.all(
      (await visible(caller)).map(async ({ value }) => ({
        id: value.id,
        name: value.name,
        subject: subjectText(value.subject),
        role: (await control.rightsOf(value))?.role ?? null,
        created_at: iso(value.createdAt),
        last_used_at: iso(value.lastUsedAt),
        expires_at: iso(value.expiresAt),
        current: value.id === caller.session?.id,
      })),
    ),
  }))

  handle(fastify, api.sessions.endOne, async ({ params: { id }, caller }) => {
    const found = (await visible(caller)).find(({ value }) => value.id === id)
    if (!found) throw new HttpProblem({ status: 404, detail: `There is no session ${id}.` })
    await state.delete(found.key)
  })

  if (!oidc) return
  handle(fastify, api.sessions.beginOidc, async ({ raw: request }, reply) => {
    await oidc.begin(request, reply).catch(error => backToLogin(request, reply, error))
  })
  handle(fastify, api.sessions.finishOidc, async ({ raw: request }, reply) => {
    try {
      const { subject, name, values } = await oidc.finish(request)
      await signedIn(request, reply, 'oidc', { subject: { kind: 'oidc', issuer: config.oidc?.issuer ?? '', subject, values }, name })
      reply.redirect('/', 303)
    } catch (error) {
      backToLogin(request, reply, error)
    }
  })
}

/** The page shows a person the problem that a program gets as a problem document. */
function backToLogin(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
  if (!(error instanceof HttpProblem) || !request.headers.accept?.includes('text/html')) throw error
  const { code, status } = error.problem
  reply.redirect(`/login?problem=${status === 503 ? 'unreachable' : String(code)}`, 303)
}
