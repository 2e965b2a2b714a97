import { randomBytes } from 'node:crypto'
import { api } from '@northstar/http-api'
import {
  createWriteKey,
  deleteWriteKey,
  type FastifyInstance,
  HttpProblem,
  handle,
  hashToken,
  listWriteKeys,
  READ_KEYS,
  type ReadKeyDocument,
  USERS,
  type UserDocument,
} from '@northstar/runtime'
import { StateConflict } from '@northstar/state'
import type { AuthParts } from './auth-routes.ts'
import { checkNewPassword } from './common-passwords.ts'
import { checkPassword, hashPassword } from './passwords.ts'
import { replaceUser, setPassword, userNamed } from './users.ts'

const iso = (at: number) => new Date(at).toISOString()
const userView = ({ name, role, sensitive, createdAt, createdBy, password }: UserDocument) => ({
  name,
  role,
  sensitive: sensitive ?? false,
  has_password: password !== null,
  created_at: iso(createdAt),
  created_by: createdBy,
})

/** Users, keys and the audit log. */
export function adminRoutes(fastify: FastifyInstance, parts: AuthParts): void {
  const { state, sessions, audit, now } = parts
  const linkFor = async (user: string) => `/welcome/${await sessions.makeLink({ subject: { kind: 'user', name: user }, name: user })}`

  handle(fastify, api.users.list, async () => ({ users: (await state.list<UserDocument>(USERS)).map(({ value }) => userView(value)) }))

  // Without a password the answer has a link by which the user signs in once and chooses one.
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
      if (error instanceof StateConflict) throw new HttpProblem({ status: 409, detail: `There is a user ${user.name} already.` })
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
      throw new HttpProblem({ status: 403, code: 'no_password', detail: 'Only a user who signed in by name has a password.' })
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
  keyRoutes(fastify, { state, now })
}

function keyRoutes(fastify: FastifyInstance, { state, now }: Pick<AuthParts, 'state' | 'now'>): void {
  handle(fastify, api.keys.list, async () => {
    const [write, read] = await Promise.all([listWriteKeys(state), state.list<ReadKeyDocument>(READ_KEYS)])
    const keys = [
      ...write.map(({ id, name, createdAt, eventsPerSecond }) => ({
        id,
        kind: 'write' as const,
        name,
        created_at: iso(createdAt),
        ...(eventsPerSecond !== undefined && { events_per_second: eventsPerSecond }),
      })),
      ...read.map(({ value }) => ({
        id: value.id,
        kind: 'read' as const,
        name: value.name,
        created_at: iso(value.createdAt),
        created_by: value.createdBy,
      })),
    ]
    return { keys: keys.toSorted((a, b) => a.created_at.localeCompare(b.created_at)) }
  })

  handle(fastify, api.keys.create, async ({ body, caller }) => {
    const { kind, name } = body
    if (kind === 'write') {
      const { key, stored } = await createWriteKey(state, { name, eventsPerSecond: body.events_per_second, now: now() })
      return { id: stored.id, kind, name, key, created_at: iso(stored.createdAt) }
    }
    const key = `nsr_${randomBytes(24).toString('base64url')}`
    const document: ReadKeyDocument = { id: randomBytes(6).toString('hex'), name, createdAt: now(), createdBy: caller.name }
    await state.put(READ_KEYS + hashToken(key), document, { ifVersion: 0 })
    return { id: document.id, kind, name, key, created_at: iso(document.createdAt) }
  })

  handle(fastify, api.keys.remove, async ({ params: { id } }) => {
    const read = (await state.list<ReadKeyDocument>(READ_KEYS)).find(({ value }) => value.id === id)
    if (read) await state.delete(read.key)
    else if ((await listWriteKeys(state)).some(key => key.id === id)) await deleteWriteKey(state, id)
    else throw new HttpProblem({ status: 404, detail: `There is no key ${id.slice(0, 40)}.` })
  })
}
