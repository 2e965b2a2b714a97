import { iso } from '@northstar/catalogue'
import { api } from '@northstar/http-api'
import { type FastifyInstance, HttpProblem, handle, USERS, type UserDocument } from '@northstar/runtime'
import { StateConflict } from '@northstar/state'
import type { AuthParts } from './auth-parts.ts'
import { checkNewPassword } from './common-passwords.ts'
import { checkPassword, hashPassword } from './passwords.ts'
import { replaceUser, setPassword, userNamed } from './users.ts'

const userView = ({ name, role, sensitive, createdAt, createdBy, password }: UserDocument) => ({
  name,
  role,
  sensitive: sensitive ?? false,
  has_password: password !== null,
  created_at: iso(createdAt),
  created_by: createdBy,
})

/** Users and the audit log. */
export function adminRoutes(fastify: FastifyInstance, parts: AuthParts): void {
  const { state, sessions, audit, now } = parts
  const linkFor = async (user: string) => `/welcome/${await sessions.createLink({ subject: { kind: 'user', name: user }, name: user })}`

  handle(fastify, api.users.list, async () => ({ users: (await state.list<UserDocument>(USERS)).map(({ value }) => userView(value)) }))

  // Without a password the answer contains a link, with which the user signs in once and chooses one.
  handle(fastify, api.users.create, async ({ body, caller }) => {
    if (body.password !== undefined) checkNewPassword(body.password, body.name)
    const user: UserDocument = {
      name: body.name,
      role: body.role,
      sensitive: body.sensitive,
      password: body.password === undefined ? null : await hashPassword(body.password),
      createdAt: now(),
      createdBy: caller.name,
      sessionsFrom: now(),
    }
    try {
      await state.put(USERS + user.name, user, { ifVersion: 0 })
    } catch (error) {
      if (error instanceof StateConflict) throw new HttpProblem({ status: 409, detail: `A user named ${user.name} already exists.` })
      throw error
    }
    return { ...userView(user), ...(body.password === undefined && { link: await linkFor(user.name) }) }
  })

  handle(fastify, api.users.changeRights, async ({ params, body }) => {
    const { value, version } = await userNamed({ state }, params.name)
    const changed = { ...value, role: body.role ?? value.role, sensitive: body.sensitive ?? value.sensitive }
    await replaceUser({ state }, changed, version)
    return userView(changed)
  })

  handle(fastify, api.users.link, async ({ params }) => {
    const { value } = await userNamed({ state }, params.name)
    return { link: await linkFor(value.name) }
  })

  handle(fastify, api.users.remove, async ({ params }) => {
    const { key } = await userNamed({ state }, params.name)
    await state.delete(key)
  })

  handle(fastify, api.users.setPassword, async ({ params, body }) => {
    checkNewPassword(body.password, params.name)
    await setPassword(parts, params.name, body.password)
  })

  handle(fastify, api.sessions.changePassword, async ({ body, caller }) => {
    const { subject } = caller
    if (subject.kind !== 'user')
      throw new HttpProblem({ status: 403, code: 'no_password', detail: 'Only a user who signed in with a name has a password.' })
    checkNewPassword(body.password, subject.name)
    await setPassword(parts, subject.name, body.password, async user => {
      if (user.password !== null && !(await checkPassword(body.current ?? '', user.password)))
        throw new HttpProblem({ status: 403, code: 'wrong_password', detail: 'The current password is wrong.' })
    })
  })

  handle(fastify, api.audit.list, async ({ query }) => {
    const entries = await audit.list(query)
    return { entries, next: entries.length === query.limit ? (entries.at(-1)?.at ?? null) : null }
  })
}
