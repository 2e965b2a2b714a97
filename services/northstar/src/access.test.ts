import { randomBytes } from 'node:crypto'
import { type Access, type Declaration, declarations, includesRole, type Role } from '@northstar/http-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ADMIN, type AllRoles, startAllRoles, WRITE } from './all-roles.test-data.ts'

const CALLERS = ['read', 'responder', 'analyst', 'admin'] as const satisfies readonly Role[]

/** `METHOD /route` of a declaration, as the router has it. */
const routeOf = ({ method, path }: Declaration) => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`
/** Clients of other dialects write a slash at the end of ingest's addresses. */
const withoutSlash = (route: string) => route.replace(/(?<=\w)\/$/, '')
const DECLARED = new Map(declarations.map(declaration => [routeOf(declaration), declaration]))

/** The document and its parts: the same for everyone, without anybody's data. */
const isPage = (route: string) => /^GET \/(?!v1\/)/.test(route)

interface Caller {
  readonly headers: Readonly<Record<string, string>>
  /** Null for an unknown caller. */
  readonly role: Role | null
  readonly hasWriteKey?: boolean
  /** Its changes are refused: only a cookie identifies it. */
  readonly bareCookie?: boolean
}

async function makeCallers(origin: string): Promise<Map<string, Caller>> {
  const send = async (method: string, path: string, body: unknown, headers: Record<string, string>) =>
    fetch(origin + path, {
      method,
      body: JSON.stringify(body),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    })
  const asAdmin = { authorization: `Bearer ${ADMIN}` }
  const { key } = (await (await send('POST', '/v1/keys', { kind: 'read', name: 'a' }, asAdmin)).json()) as { key: string }
  const password = 'a long enough password'
  for (const role of CALLERS) await send('POST', '/v1/users', { name: role, role, password }, asAdmin)
  await send('POST', '/v1/users', { name: 'gone', role: 'admin', password }, asAdmin)
  const session = async (body: unknown) => {
    const answer = await send('POST', '/v1/session', body, { origin })
    const { csrf } = (await answer.json()) as { csrf: string }
    return { cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '', 'x-csrf-token': csrf, origin }
  }
  const pages = new Map(await Promise.all(CALLERS.map(async role => [role, await session({ user: role, password })] as const)))
  const admin = pages.get('admin')
  const screen = await session({ token: key })
  const gone = await session({ user: 'gone', password })
  await send('DELETE', '/v1/users/gone', undefined, asAdmin)
  return new Map<string, Caller>([
    ['nobody', { headers: {}, role: null }],
    ['an unknown token', { headers: { authorization: 'Bearer nsa_another-token' }, role: null }],
    ['a write key', { headers: { authorization: `Bearer ${WRITE}` }, role: null, hasWriteKey: true }],
    ['a read key', { headers: { authorization: `Bearer ${key}` }, role: 'read' }],
    ['a read key’s page', { headers: screen, role: 'read' }],
    ...[...pages].map(([role, headers]) => [`the page of the role ${role}`, { headers, role }] as const),
    ['another site with its cookie', { headers: { ...admin, origin: 'https://evil.example' }, role: 'admin', bareCookie: true }],
    ['its cookie alone', { headers: { cookie: admin?.cookie ?? '' }, role: 'admin', bareCookie: true }],
    ['a removed user’s page', { headers: gone, role: null }],
    ['the admin token', { headers: asAdmin, role: 'admin' }],
  ])
}

/** The statuses that a caller may get; null is any but 401 and 403. */
function expected(route: string, access: Access, caller: Caller): readonly number[] | null {
  const changes = !/^(GET|HEAD|OPTIONS) /.test(route)
  if (access === 'write key') return caller.hasWriteKey ? null : [401]
  // Another site must not sign its visitors in.
  if (access === 'anyone' && route.startsWith('POST /v1/session')) return caller.headers.origin?.includes('evil') ? [403] : null
  // The issuer sends nobody without a sign-in that was begun here.
  if (/^(GET|HEAD) \/v1\/session\/oidc\/callback$/.test(route)) return [401]
  if (caller.bareCookie && changes) return [403]
  if (access === 'anyone') return null
  if (caller.role === null) return [401]
  return includesRole(caller.role, access) ? null : [403]
}

const SIGN_OUT = 'DELETE /v1/session'

async function statusOf(url: string, route: string, caller: Caller): Promise<number> {
  const [method = '', path = ''] = route.split(' ')
  const filled = path.replace(/:\w+/g, 'nothing').replace('*', 'nothing')
  const ending = new AbortController()
  // No route understands it: a caller who is let through gets 400, and nothing long begins.
  const body = /^(POST|PUT|PATCH)$/.test(method) ? '{"from":"never"}' : undefined
  const answer = await fetch(url + filled, {
    method,
    body,
    redirect: 'manual',
    signal: ending.signal,
    headers: { ...caller.headers, ...(body && { 'content-type': 'application/json' }) },
  })
  const { status } = answer
  // A stream has no end.
  ending.abort()
  return status
}

describe.each(['caro', 'webshop'])('every role at every route, product %s', product => {
  let running: AllRoles
  let routes: string[]
  let callers: Map<string, Caller>

  beforeAll(async () => {
    routes = []
    running = await startAllRoles({
      product,
      // Its routes are there; nobody answers at the issuer.
      env: { NORTHSTAR_OIDC_ISSUER: 'http://127.0.0.1:9', NORTHSTAR_OIDC_CLIENT_ID: 'northstar' },
      onRoute: (method, path) => routes.push(`${method} ${path}`),
    })
    callers = await makeCallers(running.url)
  })

  afterAll(() => running?.stop())

  test('every route is declared, and every declared route is served', () => {
    const found = routes.map(withoutSlash).filter(route => !route.startsWith('HEAD ') && !(isPage(route) && !DECLARED.has(route)))
    expect([...new Set(found)].toSorted()).toEqual([...DECLARED.keys()].toSorted())
    expect(found.length).toBeGreaterThan(30)
  })

  test('the description of the API has every declared route, and asks for a token where one is needed', async () => {
    const { paths } = (await (await fetch(`${running.url}/openapi.json`)).json()) as {
      paths: Readonly<Record<string, Readonly<Record<string, { readonly security: readonly object[]; readonly summary: string }>>>>
    }
    const described = declarations.map(({ method, path }) => paths[path]?.[method.toLowerCase()])
    expect(described.map(operation => operation?.summary)).toEqual(declarations.map(({ summary }) => summary))
    expect(described.map(operation => operation?.security.length)).toEqual(declarations.map(({ access }) => (access === 'anyone' ? 0 : 1)))
  })

  test('answers have the declared fields and no others', async () => {
    const plain = declarations.filter(({ method, path, types }) => method === 'GET' && !path.includes('{') && !types)
    for (const { path, answers } of plain) {
      const schema = answers[200]
      if (!(schema instanceof z.ZodType)) continue
      const answer = await fetch(running.url + path, { headers: { authorization: `Bearer ${ADMIN}` } })
      const json: unknown = await answer.json()
      expect(answer.status, path).toBe(200)
      expect(schema.parse(json), path).toEqual(json)
    }
  })

  test('the page has its policy at each of its addresses, and no answer with data is kept by a cache or taken for a page', async () => {
    for (const path of ['/', '/index.html', '/alerts']) {
      const { headers } = await fetch(running.url + path)
      expect([path, headers.get('content-security-policy')]).toEqual([
        path,
        expect.stringMatching(/^default-src 'none'; .*frame-ancestors 'none'$/),
      ])
      expect([path, headers.get('referrer-policy')]).toEqual([path, 'no-referrer'])
    }
    for (const path of ['/v1/metrics', '/v1/alerts', '/v1/keys', '/readyz', '/v1/nothing']) {
      const { headers } = await fetch(running.url + path, { headers: { authorization: `Bearer ${ADMIN}` } })
      expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
      expect([path, headers.get('cache-control')]).toEqual([path, 'no-store'])
    }
  })

  test('there is nothing to guess: no address that anyone may read holds a secret, and guesses at a link are slowed down', async () => {
    const open = [...DECLARED].filter(([route, { access }]) => access === 'anyone' && route.includes(':') && !route.startsWith('OPTIONS '))
    expect(open).toEqual([])
    const began = performance.now()
    for (let i = 0; i < 12; i++) {
      // Forged headers change nothing.
      const headers = { 'content-type': 'application/json', 'x-forwarded-for': `10.0.0.${i}` }
      const body = JSON.stringify({ token: randomBytes(32).toString('base64url') })
      expect((await fetch(`${running.url}/v1/session/link`, { method: 'POST', headers, body })).status).toBe(401)
    }
    expect(performance.now() - began).toBeGreaterThan(4_000)
    for (const path of ['/public/share/abc', '/v1/public/visitors', '/v1/share/abc', '/share/abc', '/v1/public/..%2fmetrics']) {
      expect((await fetch(running.url + path)).status, path).toBe(404)
    }
  })

  test('each answers as its declaration says', async () => {
    const wrong: string[] = []
    let tried = 0
    // Signing out comes last: it ends the session that the other routes are called with.
    const order = [...new Set(routes)].toSorted((a, b) => Number(a === SIGN_OUT) - Number(b === SIGN_OUT))
    const bareFirst = [...callers].toSorted(([, a], [, b]) => Number(b.bareCookie ?? false) - Number(a.bareCookie ?? false))
    // A wrong token slows down its address, so those are tried after the other callers.
    const isGuess = ([, { role, headers }]: [string, Caller]) => role === null && headers.authorization !== undefined
    for (const group of [bareFirst.filter(one => !isGuess(one)), bareFirst.filter(isGuess)]) {
      for (const route of order) {
        const { access } = DECLARED.get(withoutSlash(route).replace(/^HEAD /, 'GET ')) ?? { access: 'anyone' }
        for (const [name, caller] of group) {
          const status = await statusOf(running.url, route, caller)
          tried++
          const wanted = expected(route, access, caller)
          const right = wanted ? wanted.includes(status) : status !== 401 && status !== 403
          if (!right) wrong.push(`${route} by ${name}: ${status}, not ${wanted?.join(' or ') ?? 'let through'}`)
          if (status >= 500 && status !== 503) wrong.push(`${route} by ${name}: ${status}`)
        }
      }
    }
    expect(wrong).toEqual([])
    expect(tried).toBe(new Set(routes).size * callers.size)
  }, 180_000)
})
