import { randomBytes } from 'node:crypto'
import {
  createWriteKey,
  deleteWriteKey,
  type FastifyInstance,
  HttpProblem,
  hashToken,
  listWriteKeys,
  READ_KEYS,
  type ReadKeyDocument,
  USERS,
  type UserDocument,
} from '@northstar/runtime'
import { StateConflict } from '@northstar/state'
import { z } from 'zod'
import type { PeopleParts } from './auth-routes.ts'
import { bodyOf } from './body.ts'
import { checkPassword, hashPassword } from './passwords.ts'
import { NAME } from './session-routes.ts'

const role = z.enum(['admin', 'read'])
const password = z.string().min(12, 'at least 12 characters').max(200)
const name = z.string().trim().min(1).max(100)

export const newUser = z.strictObject({
  name: z
    .string()
    .transform(text => text.trim().toLowerCase())
    .refine(text => NAME.test(text), 'letters, digits and . _ @ + - only, at most 64'),
  role,
  password: password.optional(),
})
export const newKey = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('write'), name, events_per_second: z.number().min(0).optional() }),
  z.strictObject({ kind: z.literal('read'), name }),
])

const iso = (at: number) => new Date(at).toISOString()
const userView = ({ name, role, createdAt, createdBy, password }: UserDocument) => ({
  name,
  role,
  has_password: password !== null,
  created_at: iso(createdAt),
  created_by: createdBy,
})

/** Who may come in, and with what: for whoever has full access. */
export function adminRoutes(fastify: FastifyInstance, { state, control, sessions, audit, now }: PeopleParts): void {
  const onRequest = control.requireAdmin

  async function userNamed(given: string): Promise<{ readonly value: UserDocument; readonly version: number; readonly key: string }> {
    const key = USERS + given.toLowerCase()
    const found = NAME.test(given.toLowerCase()) ? await state.get<UserDocument>(key) : null
    if (!found) throw new HttpProblem({ status: 404, detail: `There is no user ${given.slice(0, 64)}.` })
    return { ...found, key }
  }

  /** Of two changes at the same time the second is told, rather than undoing the first. */
  async function replace(key: string, user: UserDocument, version: number): Promise<void> {
    try {
      await state.put(key, user, { ifVersion: version })
    } catch (error) {
      if (!(error instanceof StateConflict)) throw error
      const detail = `The user ${user.name} was changed by somebody else at the same time. Look again, then repeat it if it is still wanted.`
      throw new HttpProblem({ status: 409, code: 'conflict', detail }, {}, { cause: error })
    }
  }

  const linkFor = async (user: string) => `/welcome/${await sessions.makeLink({ subject: { kind: 'user', name: user }, name: user })}`

  fastify.get('/v1/users', { onRequest }, async (_, reply) => {
    reply.header('cache-control', 'no-store')
    return { users: (await state.list<UserDocument>(USERS)).map(({ value }) => userView(value)) }
  })

  // Without a password the answer has a link by which the user comes in once and chooses one.
  fastify.post('/v1/users', { onRequest }, async (request, reply) => {
    const given = bodyOf(newUser, request.body)
    const user: UserDocument = {
      name: given.name,
      role: given.role,
      password: given.password === undefined ? null : await hashPassword(given.password),
      createdAt: now(),
      createdBy: control.callerOf(request)?.name ?? 'admin',
      sessionsFrom: now(),
    }
    try {
      await state.put(USERS + user.name, user, { ifVersion: 0 })
    } catch (error) {
      if (error instanceof StateConflict) throw new HttpProblem({ status: 409, detail: `There is a user ${user.name} already.` })
      throw error
    }
    return reply.code(201).send({ ...userView(user), ...(given.password === undefined && { link: await linkFor(user.name) }) })
  })

  fastify.patch<{ Params: { name: string } }>('/v1/users/:name', { onRequest }, async request => {
    const { role: wanted } = bodyOf(z.strictObject({ role }), request.body)
    const { value, version, key } = await userNamed(request.params.name)
    const changed = { ...value, role: wanted }
    await replace(key, changed, version)
    return userView(changed)
  })

  fastify.post<{ Params: { name: string } }>('/v1/users/:name/link', { onRequest }, async (request, reply) => {
    const { value } = await userNamed(request.params.name)
    return reply.code(201).send({ link: await linkFor(value.name) })
  })

  fastify.delete<{ Params: { name: string } }>('/v1/users/:name', { onRequest }, async (request, reply) => {
    const { key } = await userNamed(request.params.name)
    await state.delete(key)
    return reply.code(204).send()
  })

  // One's own with the present password, anybody's with full access. It ends the user's sessions.
  fastify.put<{ Params: { name: string } }>('/v1/users/:name/password', { onRequest: control.requireRead }, async (request, reply) => {
    const caller = control.callerOf(request)
    const subject = caller?.session?.subject
    const own = subject?.kind === 'user' && subject.name === request.params.name.toLowerCase()
    if (!own && caller?.role !== 'admin') throw new HttpProblem({ status: 403, code: 'forbidden', detail: 'This needs full access.' })
    const given = bodyOf(z.strictObject({ password, current: z.string().max(200).optional() }), request.body)
    const { value, version, key } = await userNamed(request.params.name)
    if (own && value.password !== null && !(await checkPassword(given.current ?? '', value.password))) {
      throw new HttpProblem({ status: 403, code: 'wrong_password', detail: 'The present password is wrong.' })
    }
    const changed: UserDocument = { ...value, password: await hashPassword(given.password), sessionsFrom: now() + 1 }
    await replace(key, changed, version)
    return reply.code(204).send()
  })

  fastify.get('/v1/keys', { onRequest }, async (_, reply) => {
    reply.header('cache-control', 'no-store')
    const [write, read] = await Promise.all([listWriteKeys(state), state.list<ReadKeyDocument>(READ_KEYS)])
    const keys = [
      ...write.map(({ id, name: called, createdAt, eventsPerSecond }) => ({
        id,
        kind: 'write' as const,
        name: called,
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

  // The answer is the only time that the key is seen.
  fastify.post('/v1/keys', { onRequest }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const given = bodyOf(newKey, request.body)
    if (given.kind === 'write') {
      const { key, stored } = await createWriteKey(state, { name: given.name, eventsPerSecond: given.events_per_second, now: now() })
      return reply.code(201).send({ id: stored.id, kind: 'write', name: stored.name, key, created_at: iso(stored.createdAt) })
    }
    const key = `nsr_${randomBytes(24).toString('base64url')}`
    const createdBy = control.callerOf(request)?.name ?? 'admin'
    const document: ReadKeyDocument = { id: randomBytes(6).toString('hex'), name: given.name, createdAt: now(), createdBy }
    await state.put(READ_KEYS + hashToken(key), document, { ifVersion: 0 })
    return reply.code(201).send({ id: document.id, kind: 'read', name: given.name, key, created_at: iso(document.createdAt) })
  })

  fastify.delete<{ Params: { id: string } }>('/v1/keys/:id', { onRequest }, async (request, reply) => {
    const { id } = request.params
    const read = (await state.list<ReadKeyDocument>(READ_KEYS)).find(({ value }) => value.id === id)
    if (read) await state.delete(read.key)
    else if ((await listWriteKeys(state)).some(key => key.id === id)) await deleteWriteKey(state, id)
    else throw new HttpProblem({ status: 404, detail: `There is no key ${id.slice(0, 40)}.` })
    return reply.code(204).send()
  })

  fastify.get<{ Querystring: { limit?: string; before?: string } }>('/v1/audit', { onRequest }, async (request, reply) => {
    reply.header('cache-control', 'no-store')
    const limit = Math.min(Math.max(Number(request.query.limit) || 100, 1), 1_000)
    const entries = await audit.list({ limit, before: request.query.before })
    return { entries, next: entries.length === limit ? entries.at(-1)?.at : null }
  })
}
