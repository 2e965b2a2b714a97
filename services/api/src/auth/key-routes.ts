import { randomBytes } from 'node:crypto'
import { DAY_MS, iso } from '@northstar/catalogue'
import { api } from '@northstar/http-api'
import {
  badValue,
  CONFIGURED_KEY,
  createWriteKey,
  deleteWriteKey,
  type FastifyInstance,
  HttpProblem,
  handle,
  hashToken,
  type KeyActivity,
  keyActivityDocument,
  listWriteKeys,
  READ_KEYS,
  type ReadKeyDocument,
  type StoredWriteKey,
} from '@northstar/runtime'
import type { AuthParts } from './auth-parts.ts'

/** Ten years, and leap days. */
const MAX_LIFETIME_MS = 3_653 * DAY_MS

/** Write and read keys with their usage. */
export function keyRoutes(fastify: FastifyInstance, { state, now }: Pick<AuthParts, 'state' | 'now'>): void {
  const activityOf = async (id: string) => (await state.get<KeyActivity>(keyActivityDocument(id)))?.value

  handle(fastify, api.keys.list, async () => {
    const [write, read] = await Promise.all([listWriteKeys(state), state.list<ReadKeyDocument>(READ_KEYS)])
    const keys = [
      ...(await Promise.all(write.map(async key => ({ ...writeKeyView(key), ...usageOf(await activityOf(key.id)) })))),
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
      const expiresAt = body.expires_at === undefined ? undefined : Date.parse(body.expires_at)
      if (expiresAt !== undefined && expiresAt <= now()) throw badValue('expires_at', '`expires_at` must be in the future.')
      if (expiresAt !== undefined && expiresAt > now() + MAX_LIFETIME_MS)
        throw badValue('expires_at', '`expires_at` must be within ten years; a key without it never expires.')
      const { environment, events_per_second: eventsPerSecond, users_per_day: usersPerDay, on_violation: onViolation } = body
      const options = { name, environment, expiresAt, eventsPerSecond, usersPerDay, onViolation }
      const { key, stored } = await createWriteKey(state, { ...options, now: now() })
      return { ...writeKeyView(stored), key }
    }
    const key = `nsr_${randomBytes(24).toString('base64url')}`
    const document: ReadKeyDocument = { id: randomBytes(6).toString('hex'), name, createdAt: now(), createdBy: caller.name }
    await state.put(READ_KEYS + hashToken(key), document, { ifVersion: 0 })
    return { id: document.id, kind, name, key, created_at: iso(document.createdAt) }
  })

  handle(fastify, api.keys.events, async ({ params: { id } }) => {
    const activity = await activityOf(id)
    if (!activity && id !== CONFIGURED_KEY && !(await listWriteKeys(state)).some(key => key.id === id)) throw noKey(id)
    return { ...usageOf(activity), events: (activity?.events ?? []).map(event => ({ ...event, at: iso(event.at) })) }
  })

  handle(fastify, api.keys.remove, async ({ params: { id } }) => {
    const read = (await state.list<ReadKeyDocument>(READ_KEYS)).find(({ value }) => value.id === id)
    if (read) await state.delete(read.key)
    else if ((await listWriteKeys(state)).some(key => key.id === id)) await deleteWriteKey(state, id)
    else throw noKey(id)
  })
}

const noKey = (id: string) => new HttpProblem({ status: 404, detail: `Key ${id.slice(0, 40)} does not exist.` })

const writeKeyView = ({ id, name, createdAt, environment, expiresAt, eventsPerSecond, usersPerDay, onViolation }: StoredWriteKey) => ({
  id,
  kind: 'write' as const,
  name,
  created_at: iso(createdAt),
  environment,
  ...(expiresAt !== undefined && { expires_at: iso(expiresAt) }),
  ...(eventsPerSecond !== undefined && { events_per_second: eventsPerSecond }),
  ...(usersPerDay !== undefined && { users_per_day: usersPerDay }),
  ...(onViolation !== undefined && { on_violation: onViolation }),
})

function usageOf(activity: KeyActivity | undefined) {
  const days = Object.values(activity?.days ?? {})
  return {
    last_used_at: activity ? iso(activity.lastUsedAt) : null,
    accepted: days.reduce((sum, day) => sum + day.accepted, 0),
    rejected: days.reduce((sum, day) => sum + day.rejected, 0),
  }
}
