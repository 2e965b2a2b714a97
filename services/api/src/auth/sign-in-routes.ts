import { iso } from '@northstar/catalogue'
import { api, includedRoles, type Session } from '@northstar/http-api'
import {
  badValue,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  HttpProblem,
  handle,
  networkOf,
  type OidcSettings,
  subjectText,
  USERS,
  type UserDocument,
} from '@northstar/runtime'
import type { AuthParts } from './auth-parts.ts'
import { checkNewPassword } from './common-passwords.ts'
import { createOidc } from './oidc.ts'
import { checkPassword } from './passwords.ts'
import type { Owner } from './sessions.ts'
import { setPassword } from './users.ts'

/** The names that `POST /v1/users` accepts. */
const USER_NAME = /^[a-z0-9][a-z0-9._@+-]{0,63}$/

type Via = 'token' | 'password' | 'link' | 'oidc'

/** Sign-in by token, password, one-time link, and OpenID Connect if configured. */
export function signInRoutes(fastify: FastifyInstance, parts: AuthParts): void {
  credentialRoutes(fastify, parts)
  linkRoutes(fastify, parts)
  if (parts.config.oidc) oidcRoutes(fastify, parts, parts.config.oidc)
}

/** Begins a session and records it in the audit log. */
async function signedIn(
  { control, sessions, audit, now }: AuthParts,
  request: FastifyRequest,
  reply: FastifyReply,
  via: Via,
  owner: Owner,
): Promise<Session> {
  const { role, sensitive } = (await control.rightsOf({ ...owner, createdAt: now() })) ?? { role: 'read', sensitive: false }
  const begun = await sessions.begin(request, reply, owner)
  void audit.record({ who: owner.name, subject: subjectText(owner.subject), role, via, what: 'sign_in', from: request.ip })
  const rights = { role, roles: includedRoles(role), sensitive }
  return {
    ...rights,
    user: owner.name,
    kind: 'session',
    has_password: owner.subject.kind === 'user',
    csrf: begun.csrf,
    expires_at: iso(begun.expiresAt),
  }
}

function credentialRoutes(fastify: FastifyInstance, parts: AuthParts): void {
  const { state, control, audit } = parts
  const { throttle } = control

  function refused(request: FastifyRequest, via: Via, who: string): HttpProblem {
    void audit.record({ who, role: null, via, what: 'sign_in', status: 401, from: request.ip })
    const detail = via === 'token' ? 'The token is unknown.' : 'The name or the password is wrong.'
    return new HttpProblem({ status: 401, code: 'sign_in', detail })
  }

  handle(fastify, api.sessions.begin, async ({ raw: request, body: given }, reply) => {
    const who = 'user' in given ? given.user.toLowerCase() : 'token'
    const network = networkOf(request.ip)
    const attempts = [`sign-in ${who} from ${network}`, ...('user' in given ? [`sign-in ${who}`] : []), `sign-in from ${network}`]
    await throttle.pass(attempts)
    // The attempt is counted before the result is known, so that concurrent attempts do not all pass.
    throttle.failed(attempts)
    if ('token' in given) {
      const found = await control.subjectOf(given.token)
      if (!found) throw refused(request, 'token', 'token')
      throttle.succeeded(attempts)
      return signedIn(parts, request, reply, 'token', found)
    }
    const user = USER_NAME.test(who) ? (await state.get<UserDocument>(USERS + who))?.value : undefined
    if (!(await checkPassword(given.password, user?.password ?? null)) || !user) throw refused(request, 'password', who)
    throttle.succeeded(attempts)
    return signedIn(parts, request, reply, 'password', { subject: { kind: 'user', name: user.name }, name: user.name })
  })
}

function linkRoutes(fastify: FastifyInstance, parts: AuthParts): void {
  const { control, sessions } = parts
  const { throttle } = control

  // Only this request marks the link as used: link previews also request its address.
  handle(fastify, api.sessions.useLink, async ({ raw: request, body: { token, password } }, reply) => {
    const attempts = [`link from ${networkOf(request.ip)}`]
    await throttle.pass(attempts)
    const unusable = { status: 401, code: 'link', detail: 'The link has already been used or has expired. Ask for a new one.' }
    const link = await sessions.findLink(token)
    if (!link) {
      throttle.failed(attempts)
      throw new HttpProblem(unusable)
    }
    if (link.needsPassword && password === undefined) {
      const detail = 'Choose a password: at least 12 characters.'
      throw badValue('password', detail, { code: 'password_required', user: link.name })
    }
    if (password !== undefined && link.needsPassword) checkNewPassword(password, link.name)
    if (!(await link.use())) throw new HttpProblem(unusable)
    if (password !== undefined && link.needsPassword) await setPassword(parts, link.name, password)
    return signedIn(parts, request, reply, 'link', link)
  })
}

function oidcRoutes(fastify: FastifyInstance, parts: AuthParts, config: OidcSettings): void {
  const { state, control, now } = parts
  const { publicUrl } = parts.config
  const originOf = (request: FastifyRequest) =>
    publicUrl ? new URL(publicUrl).origin : `${control.isSecure(request) ? 'https' : 'http'}://${request.host}`
  const oidc = createOidc(config, { state, now, isSecure: control.isSecure, originOf })

  handle(fastify, api.sessions.beginOidc, async ({ raw: request }, reply) => {
    await oidc.begin(request, reply).catch(error => backToLogin(request, reply, error))
  })

  handle(fastify, api.sessions.finishOidc, async ({ raw: request }, reply) => {
    try {
      const { subject, name, values } = await oidc.finish(request, reply)
      await signedIn(parts, request, reply, 'oidc', { subject: { kind: 'oidc', issuer: config.issuer, subject, values }, name })
      reply.redirect('/', 303)
    } catch (error) {
      backToLogin(request, reply, error)
    }
  })
}

/** Redirects browsers to the sign-in page with the problem; other clients get the problem document. */
function backToLogin(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
  if (!(error instanceof HttpProblem) || !request.headers.accept?.includes('text/html')) throw error
  const { code, status } = error.problem
  reply.redirect(`/login?problem=${status === 503 ? 'unreachable' : String(code)}`, 303)
}
