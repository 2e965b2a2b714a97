import { iso } from '@northstar/catalogue'
import { api, includedRoles } from '@northstar/http-api'
import { type FastifyInstance, HttpProblem, handle, type Identity, subjectText } from '@northstar/runtime'
import type { AuthParts } from './auth-parts.ts'

/** The current session, links that begin a session in another browser, and the list of sessions that the caller may end. */
export function sessionRoutes(fastify: FastifyInstance, { state, control, sessions }: AuthParts): void {
  handle(fastify, api.sessions.read, ({ caller: { role, sensitive, name, via, session, subject } }) => ({
    role,
    sensitive,
    roles: includedRoles(role),
    user: name,
    kind: via,
    has_password: subject.kind === 'user',
    csrf: session?.csrf ?? null,
    expires_at: session ? iso(session.expiresAt) : null,
  }))

  handle(fastify, api.sessions.createLink, async ({ caller }) => {
    const { subject } = caller
    if (subject.kind !== 'admin-token' && subject.kind !== 'user')
      throw new HttpProblem({ status: 403, code: 'forbidden', detail: 'Only a user or the holder of the admin token can create a link.' })
    return { link: `/welcome/${await sessions.createLink({ subject, name: caller.name })}` }
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
    if (!found) throw new HttpProblem({ status: 404, detail: `Session ${id} does not exist.` })
    await state.delete(found.key)
  })
}
