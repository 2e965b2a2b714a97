import { createHash } from 'node:crypto'
import { declare } from '@northstar/http-api'
import {
  createAccess,
  createHttpServer,
  createLogger,
  type FastifyPluginAsync,
  type HttpServer,
  handle,
  hashToken,
} from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { eventually, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createAudit } from './audit.ts'
import type { AuthConfig } from './auth-parts.ts'
import { authRoutes } from './auth-routes.ts'
import { type Caller, createCall } from './call.test-data.ts'
import { checkPassword, hashPassword } from './passwords.ts'
import { firstLink } from './sessions.ts'

const ADMIN = 'nsa_the-admin-token-of-this-test'
const PASSWORD = 'correct horse battery'
const logger = createLogger('silent', 'test')
const THINGS = declare({
  method: 'GET',
  path: '/v1/things',
  summary: 'Things',
  access: 'read',
  answers: { 200: z.object({ things: z.array(z.string()) }) },
})
const POKE = declare({
  method: 'POST',
  path: '/v1/things/{id}/poke',
  summary: 'Poke a thing',
  access: 'admin',
  params: z.object({ id: z.string() }),
  answers: { 200: z.object({ poked: z.boolean() }) },
})
let now: number
let folder: TempFolder
let state: StateStore
let server: HttpServer
let config: AuthConfig
let unknownTokens: number[]

async function start(given: AuthConfig = {}): Promise<void> {
  await server?.stop()
  config = given
  unknownTokens = []
  const control = createAccess({
    adminToken: ADMIN,
    documents: state,
    now: () => now,
    publicUrl: config.publicUrl,
    onUnknownToken: (_, count) => void unknownTokens.push(count),
  })
  const other: FastifyPluginAsync = async fastify => {
    handle(fastify, THINGS, () => ({ things: [] }))
    handle(fastify, POKE, () => ({ poked: true }))
  }
  server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    logger,
    access: control,
    routes: [authRoutes(config, { state, control, audit: createAudit({ state, now: () => now, logger }), now: () => now, logger }), other],
    health: async () => ({}),
  })
  await server.start()
}

beforeEach(async () => {
  now = Date.parse('2026-02-01T12:00:00Z')
  folder = await tempFolder('people')
  state = openEmbeddedState({ path: folder.path })
  await start()
})

afterEach(async () => {
  await server.stop()
  await state.close()
  await folder.remove()
})

const call = createCall(() => server.url())
const admin: Caller = { token: ADMIN }

async function signIn(body: unknown): Promise<Caller & { cookie: string; csrf: string }> {
  const { json, cookie, status } = await call('POST', '/v1/session', {}, body)
  expect(status).toBe(200)
  return { cookie, csrf: json.csrf }
}

describe('sessions', () => {
  test('a token starts a session, which the page can use and end', async () => {
    const begun = await call('POST', '/v1/session', {}, { token: ADMIN })
    expect(begun.json).toMatchObject({ role: 'admin', user: 'admin', expires_at: '2026-02-08T12:00:00.000Z' })
    expect(begun.setCookie).toMatch(/^northstar_session=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/)
    const caller = { cookie: begun.cookie, csrf: begun.json.csrf }
    expect((await call('GET', '/v1/session', caller)).json).toMatchObject({ role: 'admin', kind: 'session', csrf: begun.json.csrf })
    expect((await call('POST', '/v1/things/1/poke', caller)).status).toBe(200)
    const ended = await call('DELETE', '/v1/session', caller)
    expect([ended.status, ended.setCookie]).toEqual([204, 'northstar_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict'])
    expect((await call('GET', '/v1/session', caller)).status).toBe(401)
    expect((await call('GET', '/v1/things', caller)).status).toBe(401)
  })

  test('the store contains no token', async () => {
    const { cookie, csrf } = await signIn({ token: ADMIN })
    const { json } = await call('POST', '/v1/keys', admin, { kind: 'read', name: 'a' })
    const stored = JSON.stringify(await state.list(''))
    for (const secret of [cookie.split('=')[1] ?? '', csrf, json.key, ADMIN]) expect(stored).not.toContain(secret)
  })

  test('behind https the cookie is the host’s alone', async () => {
    await start({ publicUrl: 'https://northstar.example.org' })
    const origin = 'https://northstar.example.org'
    const begun = await call('POST', '/v1/session', { origin }, { token: ADMIN })
    expect(begun.setCookie).toMatch(/^__Host-northstar_session=.*; SameSite=Strict; Secure$/)
    const caller = { cookie: begun.cookie, csrf: begun.json.csrf, origin }
    expect((await call('POST', '/v1/things/1/poke', caller)).status).toBe(200)
    const unprefixed = { ...caller, cookie: begun.cookie.replace('__Host-', '') }
    expect((await call('GET', '/v1/things', unprefixed)).status).toBe(401)
  })

  test.each([
    ['without the word', { csrf: undefined }],
    ['with another word', { csrf: 'A'.repeat(43) }],
    ['from another site', { origin: 'https://evil.example' }],
    ['from nowhere', { origin: null }],
    ['from an opaque origin', { origin: 'null' }],
  ])('a change by cookie %s is refused', async (_, wrong) => {
    const caller = { ...(await signIn({ token: ADMIN })), ...wrong }
    for (const [method, path] of [
      ['POST', '/v1/things/1/poke'],
      ['POST', '/v1/keys'],
      ['DELETE', '/v1/session'],
    ] as const) {
      const { status, json } = await call(method, path, caller, method === 'POST' ? {} : undefined)
      expect([status, json.code]).toEqual([403, 'csrf'])
    }
    expect((await call('GET', '/v1/things', caller)).status).toBe(200)
  })

  test('another site cannot sign a visitor in', async () => {
    expect((await call('POST', '/v1/session', { origin: 'https://evil.example' }, { token: ADMIN })).status).toBe(403)
  })

  test('a session ends with its time, its key, and a change of the admin token', async () => {
    const { json } = await call('POST', '/v1/keys', admin, { kind: 'read', name: 'wall screen' })
    const reading = await signIn({ token: json.key })
    expect((await call('GET', '/v1/things', reading)).status).toBe(200)
    await call('DELETE', `/v1/keys/${json.id}`, admin)
    expect((await call('GET', '/v1/things', reading)).status).toBe(401)

    const mine = await signIn({ token: ADMIN })
    for (let hours = 0; hours < 7 * 24; hours += 12) {
      await call('GET', '/v1/things', mine)
      now += 12 * 3_600_000
    }
    expect((await call('GET', '/v1/things', mine)).status).toBe(401)

    const other = createAccess({ documents: state, now: () => now })
    await state.put('access/admin-token', { hash: hashToken('nsa_second') })
    expect(await other.subjectOf(ADMIN)).toBeNull()
    expect((await other.subjectOf('nsa_second'))?.role).toBe('admin')
  })

  test('the link of the first run works once, and only when its page is used', async () => {
    const tokenOf = (path: string | null) => path?.slice('/welcome/'.length)
    const stale = await firstLink(state, ADMIN, () => now)
    const path = await firstLink(state, ADMIN, () => now)
    expect(path).toMatch(/^\/welcome\/[\w-]{43}$/)
    const use = (link: string | null) => call('POST', '/v1/session/link', {}, { token: tokenOf(link) })
    expect((await use(stale)).json.code).toBe('link')
    // A preview of the address, by GET or HEAD, uses nothing up.
    await call('GET', path ?? '')
    await call('HEAD', path ?? '')
    const first = await use(path)
    expect([first.status, first.json.role]).toEqual([200, 'admin'])
    expect((await call('GET', '/v1/session', { cookie: first.cookie })).json).toMatchObject({ role: 'admin', user: 'admin' })
    expect((await use(path)).json.code).toBe('link')
    expect(await firstLink(state, ADMIN, () => now)).toBeNull()
  })

  test('are listed and ended: one’s own by a user, all by an admin', async () => {
    for (const name of ['ann', 'ben']) await call('POST', '/v1/users', admin, { name, role: 'read', password: PASSWORD })
    const ann = await signIn({ user: 'ann', password: PASSWORD })
    const other = await signIn({ user: 'ann', password: PASSWORD })
    const ben = await signIn({ user: 'ben', password: PASSWORD })
    const list = async (caller: Caller) => (await call('GET', '/v1/sessions', caller)).json.sessions
    expect((await list(ann)).map(({ subject, current }) => [subject, current]).toSorted()).toEqual([
      ['user ann', false],
      ['user ann', true],
    ])
    const foreign = (await list(ben))[0]?.id
    expect((await call('DELETE', `/v1/sessions/${foreign}`, ann)).status).toBe(404)
    const another = (await list(ann)).find(({ current }) => !current)?.id
    expect((await call('DELETE', `/v1/sessions/${another}`, ann)).status).toBe(204)
    expect((await call('GET', '/v1/things', other)).status).toBe(401)
    expect(await list(admin)).toHaveLength(2)
    expect((await call('DELETE', `/v1/sessions/${foreign}`, admin)).status).toBe(204)
    expect((await call('GET', '/v1/things', ben)).status).toBe(401)
  })

  test('a session that is not used for a day ends, and one that is used stays', async () => {
    const idle = await signIn({ token: ADMIN })
    const used = await signIn({ token: ADMIN })
    for (let hours = 0; hours < 24; hours += 8) {
      now += 8 * 3_600_000
      expect((await call('GET', '/v1/things', used)).status).toBe(200)
    }
    expect((await call('GET', '/v1/things', idle)).status).toBe(401)
  })
})

describe('users', () => {
  test('sign in by password, with their role, until they are removed', async () => {
    const made = await call('POST', '/v1/users', admin, { name: 'Ada@Example.org', role: 'read', password: PASSWORD })
    expect([made.status, made.json]).toEqual([
      201,
      {
        name: 'ada@example.org',
        role: 'read',
        sensitive: false,
        has_password: true,
        created_at: '2026-02-01T12:00:00.000Z',
        created_by: 'admin',
      },
    ])
    expect((await call('POST', '/v1/users', admin, { name: 'ada@example.org', role: 'admin' })).status).toBe(409)
    const ada = await signIn({ user: 'ADA@example.org', password: PASSWORD })
    expect((await call('GET', '/v1/session', ada)).json).toMatchObject({ role: 'read', user: 'ada@example.org' })
    expect((await call('GET', '/v1/things', ada)).status).toBe(200)
    expect((await call('POST', '/v1/things/1/poke', ada)).status).toBe(403)
    expect((await call('GET', '/v1/users', ada)).status).toBe(403)
    // A new role applies at once, and so does the end of a session.
    await call('PATCH', '/v1/users/ada@example.org', admin, { role: 'admin' })
    expect((await call('POST', '/v1/things/1/poke', ada)).status).toBe(200)
    await call('DELETE', '/v1/users/ada@example.org', admin)
    expect((await call('GET', '/v1/things', ada)).status).toBe(401)
    // A new user with the same name does not get the old session.
    now += 1_000
    await call('POST', '/v1/users', admin, { name: 'ada@example.org', role: 'admin', password: PASSWORD })
    expect((await call('GET', '/v1/things', ada)).status).toBe(401)
  })

  test('without a password sign in once by link, and choose one', async () => {
    const { json } = await call('POST', '/v1/users', admin, { name: 'bo', role: 'read' })
    expect((await call('POST', '/v1/session', {}, { user: 'bo', password: PASSWORD })).status).toBe(401)
    const token = json.link.slice('/welcome/'.length)
    const use = (password?: string) => call('POST', '/v1/session/link', {}, { token, ...(password && { password }) })
    // The link asks for the password, and refuses one that is guessed first, before it is used up.
    expect((await use()).json.code).toBe('password_required')
    expect((await use('bo-password-1234')).json.code).toBe('common_password')
    const { cookie, json: begun } = await use('another horse battery')
    const bo = { cookie, csrf: begun.csrf }
    expect((await use('another horse battery')).json.code).toBe('link')
    expect((await call('PUT', '/v1/users/admin/password', bo, { password: PASSWORD })).status).toBe(403)
    expect((await call('PUT', '/v1/session/password', bo, { password: 'short' })).status).toBe(400)
    expect((await call('PUT', '/v1/session/password', bo, { password: PASSWORD, current: 'another horse battery' })).status).toBe(204)
    // Other sessions of bo have ended.
    expect((await call('GET', '/v1/things', bo)).status).toBe(401)
    now += 10
    const again = await signIn({ user: 'bo', password: PASSWORD })
    expect((await call('PUT', '/v1/session/password', again, { password: `${PASSWORD}!`, current: 'wrong' })).json.code).toBe(
      'wrong_password',
    )
  })

  test('of two changes at the same time the second is refused with the reason', async () => {
    await call('POST', '/v1/users', admin, { name: 'eve', role: 'read', password: PASSWORD })
    const path = '/v1/users/eve'
    const tries = await Promise.all(Array.from({ length: 8 }, () => call('PATCH', path, admin, { role: 'admin' })))
    const statuses = new Set(tries.map(({ status }) => status))
    expect(statuses.has(200)).toBe(true)
    for (const { status, json } of tries) if (status !== 200) expect([status, json.code]).toEqual([409, 'conflict'])
    // Hashing takes its time: a change of the role comes in between, and the password must not undo it.
    await eventually(async () => {
      const [set, changed] = await Promise.all([
        call('PUT', `${path}/password`, admin, { password: `${PASSWORD}!` }),
        call('PATCH', path, admin, { role: 'read' }),
      ])
      return set.status === 409 && set.json.code === 'conflict' && changed.status === 200
    })
    expect((await call('GET', '/v1/users', admin)).json.users).toMatchObject([{ name: 'eve', role: 'read' }])
  })

  test('a password is kept as a salted scrypt key', async () => {
    const [one, other] = await Promise.all([hashPassword('ﬁrst Å'), hashPassword('ﬁrst Å')])
    expect(one).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/)
    expect(one).not.toBe(other)
    // The same letters, composed otherwise.
    expect(await checkPassword('first Å', one)).toBe(true)
    expect(await checkPassword('first A', one)).toBe(false)
    expect(await checkPassword('', null)).toBe(false)
  })

  test('a link is invalid for a later user of the same name', async () => {
    const { json } = await call('POST', '/v1/users', admin, { name: 'flo', role: 'admin' })
    await call('DELETE', '/v1/users/flo', admin)
    now += 1
    await call('POST', '/v1/users', admin, { name: 'flo', role: 'admin' })
    const used = await call('POST', '/v1/session/link', {}, { token: json.link.slice('/welcome/'.length), password: PASSWORD })
    expect([used.status, used.json.code]).toEqual([401, 'link'])
  })

  test('failures of others do not lock a user out', async () => {
    await call('POST', '/v1/users', admin, { name: 'cy', role: 'read', password: PASSWORD })
    const tries = await Promise.all(Array.from({ length: 8 }, () => call('POST', '/v1/session', {}, { user: 'cy', password: 'wrong' })))
    expect(tries.map(({ status }) => status)).toEqual(tries.map(() => 401))
    const began = performance.now()
    await signIn({ user: 'cy', password: PASSWORD })
    expect(performance.now() - began).toBeGreaterThan(300)
    await signIn({ token: ADMIN })
  })
})

test('guesses at bearer tokens are counted, and refuse no token that is known', async () => {
  for (let i = 0; i < 12; i++) await call('GET', '/v1/things', { token: `nsa_guess-${i}` })
  expect(unknownTokens).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  expect((await call('GET', '/v1/things', admin)).status).toBe(200)
})

test('keys are shown once', async () => {
  const read = await call('POST', '/v1/keys', admin, { kind: 'read', name: 'grafana' })
  now += 1
  const write = await call('POST', '/v1/keys', admin, { kind: 'write', name: 'app', events_per_second: 50 })
  expect([read.status, read.json.key, write.json.key]).toEqual([201, expect.stringMatching(/^nsr_/), expect.stringMatching(/^nsw_/)])
  const { json } = await call('GET', '/v1/keys', admin)
  expect(json.keys).toEqual([
    { id: read.json.id, kind: 'read', name: 'grafana', created_at: '2026-02-01T12:00:00.000Z', created_by: 'admin' },
    {
      id: write.json.id,
      kind: 'write',
      name: 'app',
      created_at: '2026-02-01T12:00:00.001Z',
      environment: 'production',
      events_per_second: 50,
      last_used_at: null,
      accepted: 0,
      rejected: 0,
    },
  ])
  expect((await call('GET', '/v1/things', { token: read.json.key })).status).toBe(200)
  expect((await call('POST', '/v1/things/1/poke', { token: read.json.key })).status).toBe(403)
  const past = { kind: 'write', name: 'old', expires_at: '2020-01-01T00:00:00Z' }
  expect(await call('POST', '/v1/keys', admin, past)).toMatchObject({ status: 400, json: { field: 'expires_at' } })
  const { status, json: events } = await call('GET', `/v1/keys/${write.json.id}/events`, admin)
  expect([status, events]).toEqual([200, { last_used_at: null, accepted: 0, rejected: 0, events: [] }])
  expect((await call('GET', '/v1/keys/none/events', admin)).status).toBe(404)
  expect((await call('GET', `/v1/keys/${write.json.id}/events`, { token: read.json.key })).status).toBe(403)
  // A write key only writes events.
  expect((await call('GET', '/v1/things', { token: write.json.key })).status).toBe(401)
  for (const { id } of json.keys) expect((await call('DELETE', `/v1/keys/${id}`, admin)).status).toBe(204)
  expect((await call('GET', '/v1/things', { token: read.json.key })).status).toBe(401)
  expect((await call('DELETE', '/v1/keys/none', admin)).status).toBe(404)
})

test('every change has its audit entry: who, what, when', async () => {
  await call('POST', '/v1/users', admin, { name: 'di', role: 'read', password: PASSWORD })
  now += 1_000
  const di = await signIn({ user: 'di', password: PASSWORD })
  now += 1_000
  await call('POST', '/v1/things/7/poke', di)
  await call('GET', '/v1/things', di)
  await call('POST', '/v1/session', {}, { user: 'di', password: 'wrong' })
  const { json } = await eventually(async () => {
    const answer = await call('GET', '/v1/audit', admin)
    return answer.json.entries.length === 4 && answer
  })
  expect(json.entries.map(({ at, from, ...rest }) => rest)).toEqual(
    expect.arrayContaining([
      { who: 'di', role: null, via: 'password', what: 'sign_in', status: 401 },
      { who: 'di', subject: 'user di', role: 'read', via: 'session', what: 'POST /v1/things/:id/poke', to: { id: '7' }, status: 403 },
      { who: 'di', subject: 'user di', role: 'read', via: 'password', what: 'sign_in' },
      {
        who: 'admin',
        subject: 'admin token',
        role: 'admin',
        via: 'token',
        what: 'POST /v1/users',
        to: { name: 'di', role: 'read', sensitive: false },
        status: 201,
      },
    ]),
  )
  expect(json.entries.at(-1)).toMatchObject({ at: '2026-02-01T12:00:00.000Z', what: 'POST /v1/users' })
  expect(JSON.stringify(json)).not.toContain(createHash('sha256').update(ADMIN).digest('hex'))
})
