import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { DIALECTS } from '@northstar/events'
import { type App, createHttpServer, createLogger, type HttpServer, type ProcessOptions, readSettings, startApp } from '@northstar/runtime'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compose } from './compose.ts'
import { ALL_ROLES } from './roles.ts'

/** Who may use a route: anyone, whoever has a key to write with, whoever may read, whoever may do everything. */
type Needs = 'anyone' | 'write key' | 'read' | 'admin'

/** Every route of the server. A new one fails the test until it has its line here. */
const ROUTES: Readonly<Record<string, Needs>> = {
  'GET /healthz': 'anyone',
  'GET /readyz': 'anyone',
  'GET /openapi.json': 'anyone',
  'POST /v1/events': 'write key',
  'OPTIONS /v1/events': 'anyone',
  ...Object.fromEntries(
    DIALECTS.flatMap(({ paths }) => paths).flatMap((path): [string, Needs][] => [
      [`POST ${path}`, 'write key'],
      [`OPTIONS ${path}`, 'anyone'],
    ]),
  ),

  'GET /v1/session': 'read',
  'POST /v1/session': 'anyone',
  'DELETE /v1/session': 'anyone',
  'GET /welcome/:token': 'anyone',
  'GET /v1/session/oidc': 'anyone',
  'GET /v1/session/oidc/callback': 'anyone',
  'GET /v1/users': 'admin',
  'POST /v1/users': 'admin',
  'PATCH /v1/users/:name': 'admin',
  'DELETE /v1/users/:name': 'admin',
  'POST /v1/users/:name/link': 'admin',
  // With full access, or one's own: which a read key has not.
  'PUT /v1/users/:name/password': 'admin',
  'GET /v1/keys': 'admin',
  'POST /v1/keys': 'admin',
  'DELETE /v1/keys/:id': 'admin',
  'GET /v1/audit': 'admin',

  'GET /v1/metrics': 'read',
  'GET /v1/metrics/:name': 'read',
  'GET /v1/metrics/:name/sql': 'read',
  'GET /v1/live': 'read',
  'GET /v1/dashboard': 'read',
  'GET /v1/verify': 'admin',
  'GET /v1/incidents': 'read',
  'GET /v1/lag': 'read',
  'GET /v1/ingestion': 'read',
  'GET /v1/dead-letters': 'admin',
  'GET /v1/public': 'anyone',
  'POST /v1/incidents/acknowledge': 'admin',
  'POST /v1/rebuild': 'admin',
  'POST /v1/sql': 'admin',
  'GET /v1/rules': 'read',
  'POST /v1/rules/backtest': 'admin',

  'GET /v1/alerts': 'read',
  'GET /v1/alerts/history': 'read',
  'GET /v1/alerts/deliveries': 'read',
  'POST /v1/alerts/:fingerprint/ack': 'admin',
  'POST /v1/alerts/test-channel': 'admin',
  'GET /v1/silences': 'read',
  'POST /v1/silences': 'admin',
  'DELETE /v1/silences/:id': 'admin',
}

/** The document and its parts: the same for everyone, with nothing in them that is anyone's. */
const isPage = (route: string) => /^GET \/(?!v1\/|welcome\/)/.test(route)

const settingsOf = (folder: string, product: string) =>
  readSettings({
    NORTHSTAR_DATA_DIR: folder,
    NORTHSTAR_PRODUCT: fileURLToPath(new URL(`../../../deploy/products/${product}`, import.meta.url)),
    // Its routes are there; nobody answers at the issuer.
    NORTHSTAR_OIDC_ISSUER: 'http://127.0.0.1:9',
    NORTHSTAR_OIDC_CLIENT_ID: 'northstar',
    NORTHSTAR_ADMIN_TOKEN: ADMIN,
    NORTHSTAR_WRITE_KEY: WRITE,
    LOG_LEVEL: 'silent',
  })

const ADMIN = 'nsa_the-admin-token-of-this-test'
const WRITE = 'nsw_the-write-key-of-this-test'
interface Caller {
  readonly headers: Readonly<Record<string, string>>
  /** What the caller may use. */
  readonly may: readonly Needs[]
  /** Known, but not for that: refused with 403 rather than 401. */
  readonly known?: boolean
  /** Whether changes are refused with 403, since only a cookie stands for them. */
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
  for (const [name, role] of [
    ['boss', 'admin'],
    ['reader', 'read'],
    ['gone', 'admin'],
  ])
    await send('POST', '/v1/users', { name, role, password }, asAdmin)
  const session = async (body: unknown) => {
    const answer = await send('POST', '/v1/session', body, { origin })
    const { csrf } = (await answer.json()) as { csrf: string }
    return { cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '', csrf }
  }
  const boss = await session({ user: 'boss', password })
  const reader = await session({ user: 'reader', password })
  const screen = await session({ token: key })
  const gone = await session({ user: 'gone', password })
  await send('DELETE', '/v1/users/gone', undefined, asAdmin)
  const page = ({ cookie, csrf }: { cookie: string; csrf: string }) => ({ cookie, 'x-csrf-token': csrf, origin })
  const all: readonly Needs[] = ['anyone', 'read', 'admin']
  return new Map<string, Caller>([
    ['nobody', { headers: {}, may: ['anyone'] }],
    ['an unknown token', { headers: { authorization: 'Bearer nsa_another-token' }, may: ['anyone'] }],
    ['a write key', { headers: { authorization: `Bearer ${WRITE}` }, may: ['anyone', 'write key'] }],
    ['a read key', { headers: { authorization: `Bearer ${key}` }, may: ['anyone', 'read'], known: true }],
    ['a reader’s page', { headers: page(reader), may: ['anyone', 'read'], known: true }],
    ['a read key’s page', { headers: page(screen), may: ['anyone', 'read'], known: true }],
    ['a page with full access', { headers: page(boss), may: all, known: true }],
    [
      'another site with its cookie',
      { headers: { ...page(boss), origin: 'https://evil.example' }, may: all, known: true, bareCookie: true },
    ],
    ['its cookie alone', { headers: { cookie: boss.cookie }, may: all, known: true, bareCookie: true }],
    ['a removed user’s page', { headers: page(gone), may: ['anyone'] }],
    ['the admin token', { headers: asAdmin, may: all, known: true }],
  ])
}

/** The statuses that a caller may get; null is any but 401 and 403. */
function expected(route: string, needs: Needs, caller: Caller): readonly number[] | null {
  const changes = !/^(GET|HEAD|OPTIONS) /.test(route)
  if (needs === 'write key') return caller.may.includes(needs) ? null : [401]
  // Another site must not sign its visitors in.
  if (route === 'POST /v1/session') return caller.headers.origin?.includes('evil') ? [403] : null
  // The issuer sends nobody without a sign-in that was begun here.
  if (/^(GET|HEAD) \/v1\/session\/oidc\/callback$/.test(route)) return [401]
  if (caller.bareCookie && changes) return [403]
  if (caller.may.includes(needs)) return null
  return caller.known ? [403] : [401]
}

const SIGN_OUT = 'DELETE /v1/session'

/** What each parameter stands for that nothing is called. */
const PARAMETERS: Readonly<Record<string, string>> = {
  ':token': 'nothing',
  ':name': 'nothing',
  ':id': 'nothing',
  ':fingerprint': 'nothing',
}

async function statusOf(url: string, route: string, caller: Caller): Promise<number> {
  const [method = '', path = ''] = route.split(' ')
  const filled = path.replace(/:\w+/g, parameter => PARAMETERS[parameter] ?? 'nothing').replace('*', 'nothing')
  const ending = new AbortController()
  // Understood by none: who is let through is told so, and nothing long is begun.
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

/** `/v1/users/{name}` of a description, as the router has it. */
const routesOf = (paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
      operation,
    })),
  )

interface Operation {
  readonly summary: string
  readonly security: readonly object[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
}

describe.each(['caro', 'webshop'])('every role at every route, product %s', product => {
  let folder: TempFolder
  let app: App
  let server: HttpServer
  let routes: string[]
  let callers: Map<string, Caller>

  beforeAll(async () => {
    folder = await tempFolder('access')
    const parts: ProcessOptions = await compose(settingsOf(folder.path, product), ALL_ROLES)
    routes = []
    server = createHttpServer({
      host: '127.0.0.1',
      port: 0,
      logger: createLogger('silent', 'test'),
      routes: parts.routes ?? [],
      health: async () => ({}),
      onRoute: (method, path) => routes.push(`${method} ${path}`),
    })
    app = await startApp([...parts.components, server], createLogger('silent', 'test'))
    callers = await makeCallers(server.url())
  })

  afterAll(async () => {
    await app?.stop()
    await folder?.remove()
  })

  test('the table has every route of the server, and no other', () => {
    const found = routes.filter(route => !route.startsWith('HEAD ') && !(isPage(route) && !(route in ROUTES)))
    expect([...new Set(found)].toSorted()).toEqual(Object.keys(ROUTES).toSorted())
    expect(found.length).toBeGreaterThan(30)
  })

  test('the description of the API has every route, and asks for a token where one is needed', async () => {
    const { paths } = (await (await fetch(`${server.url()}/openapi.json`)).json()) as { paths: Parameters<typeof routesOf>[0] }
    const described = routesOf(paths)
    expect(described.map(({ route }) => route).toSorted()).toEqual(Object.keys(ROUTES).toSorted())
    const wrong = described.filter(({ route, operation }) => {
      const parameters = operation.parameters?.filter(parameter => parameter.in === 'path').map(({ name }) => `:${name}`) ?? []
      const said = (operation.security?.length ?? 0) > 0
      return said === (ROUTES[route] === 'anyone') || !operation.summary || parameters.join() !== (route.match(/:\w+/g) ?? []).join()
    })
    expect(wrong).toEqual([])
  })

  test('there is nothing to guess: only a sign-in link has a secret in its address, and guesses at it are soon refused', async () => {
    const open = Object.entries(ROUTES).filter(([route, needs]) => needs === 'anyone' && route.includes(':'))
    expect(open).toEqual([['GET /welcome/:token', 'anyone']])
    const statuses: number[] = []
    for (let i = 0; i < 40; i++) {
      const guess = randomBytes(32).toString('base64url')
      // To say that it comes from elsewhere helps nobody.
      const answer = await fetch(`${server.url()}/welcome/${guess}`, { redirect: 'manual', headers: { 'x-forwarded-for': `10.0.0.${i}` } })
      statuses.push(answer.status)
      if (answer.status === 303) expect(answer.headers.get('location')).toBe('/login?problem=link')
    }
    expect(statuses.filter(status => status === 429).length).toBeGreaterThanOrEqual(10)
    for (const path of ['/public/share/abc', '/v1/public/visitors', '/v1/share/abc', '/share/abc', '/v1/public/..%2fmetrics']) {
      expect((await fetch(server.url() + path)).status, path).toBe(404)
    }
  })

  test('each answers as the table says', async () => {
    const wrong: string[] = []
    let tried = 0
    // Signing out comes last: it ends what the others are tried with.
    const order = [...new Set(routes)].toSorted((a, b) => Number(a === SIGN_OUT) - Number(b === SIGN_OUT))
    const bareFirst = [...callers].toSorted(([, a], [, b]) => Number(b.bareCookie ?? false) - Number(a.bareCookie ?? false))
    for (const route of order) {
      const needs = ROUTES[route.replace(/^HEAD /, 'GET ')] ?? 'anyone'
      for (const [name, caller] of bareFirst) {
        const status = await statusOf(server.url(), route, caller)
        tried++
        const wanted = expected(route, needs, caller)
        const right = wanted ? wanted.includes(status) : status !== 401 && status !== 403
        if (!right) wrong.push(`${route} by ${name}: ${status}, not ${wanted?.join(' or ') ?? 'let through'}`)
        if (status >= 500 && status !== 503) wrong.push(`${route} by ${name}: ${status}`)
      }
    }
    expect(wrong).toEqual([])
    expect(tried).toBe(new Set(routes).size * callers.size)
  })
})
