import { type Declaration, declarations, ROLES } from '@northstar/http-api'
import { eventually } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ADMIN, type AllRoles, startAllRoles, WRITE } from './all-roles.test-data.ts'

/** A value of `stack_trace`, which Caro's plan declares as sensitive. */
const MARKER = 'zanzibar_handler'
const PASSWORD = 'a long enough password'

type Headers = Readonly<Record<string, string>>

let running: AllRoles
/** By name of the user. */
const callers = new Map<string, Headers>()

const asAdmin: Headers = { authorization: `Bearer ${ADMIN}` }

async function send(method: string, path: string, body: unknown, headers: Headers) {
  const json = { ...headers, 'content-type': 'application/json' }
  return fetch(running.url + path, { method, body: JSON.stringify(body), headers: json })
}

async function signIn(name: string, rights: object): Promise<void> {
  const made = await send('POST', '/v1/users', { name, password: PASSWORD, ...rights }, asAdmin)
  expect(made.status).toBe(201)
  const answer = await send('POST', '/v1/session', { user: name, password: PASSWORD }, { origin: running.url })
  const { csrf } = (await answer.json()) as { csrf: string }
  callers.set(name, { cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '', 'x-csrf-token': csrf, origin: running.url })
}

const sql = async (statement: string, headers: Headers) => send('POST', '/v1/sql', { sql: statement }, headers)

beforeAll(async () => {
  running = await startAllRoles()
  for (const role of ROLES) await signIn(role, { role })
  await signIn('trusted', { role: 'analyst', sensitive: true })
  const event = { event: 'crash', user_id: 'u', session_id: 's', version: '1.1.0', platform: 'linux', stack_trace: MARKER }
  expect((await send('POST', '/v1/events', event, { authorization: `Bearer ${WRITE}` })).status).toBe(202)
  await eventually(async () => (await (await sql('SELECT stack_trace FROM events', asAdmin)).text()).includes(MARKER))
})

afterAll(() => running?.stop())

/** The beginning of a route's answer: a stream has no end. */
async function readSome(path: string, headers: Headers): Promise<string> {
  const ending = new AbortController()
  const timer = setTimeout(() => ending.abort(), 20_000)
  const answer = await fetch(running.url + path, { headers, redirect: 'manual', signal: ending.signal })
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    clearTimeout(timer)
    return answer.text()
  }
  const { value } = (await answer.body?.getReader().read()) ?? {}
  ending.abort()
  clearTimeout(timer)
  return Buffer.from(value ?? new Uint8Array()).toString()
}

const PARAMS: Readonly<Record<string, string>> = { name: 'crash_rate', version: '1.1.0', partition: '0', date: '2026-01-20' }
const QUERIES = ['', '?by=stack_trace', `?where.stack_trace=${MARKER}&period=total`, '?from=-7d&period=day&by=version']

/** The addresses of a GET route, with values that exist where it has parameters. */
function addressesOf({ path }: Declaration): readonly string[] {
  if (path === '/v1/values') return [`${path}?${new URLSearchParams(QUERIES.map((query): [string, string] => ['q', PARAMS.name + query]))}`]
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => PARAMS[name] ?? 'nothing')
  return path.startsWith('/v1/metrics/{name}') ? QUERIES.map(query => filled + query) : [filled]
}

test('no route shows a sensitive value to a role without the right to it', async () => {
  const addresses = declarations.filter(({ method }) => method === 'GET').flatMap(addressesOf)
  const shown: string[] = []
  for (const role of ROLES) {
    for (const address of addresses) {
      const text = await readSome(address, callers.get(role) ?? {})
      // A refused question is quoted to its own sender.
      const answer = address.includes(MARKER) ? text.replaceAll(`"${MARKER}"`, '') : text
      if (answer.includes(MARKER)) shown.push(`${address} to ${role}`)
    }
  }
  expect(shown).toEqual([])
  expect(addresses.length).toBeGreaterThan(40)
}, 120_000)

test.each([
  'SELECT stack_trace FROM events',
  'SELECT * FROM events',
  'SELECT * FROM (SELECT * FROM northstar.events)',
  "SELECT count() FROM events WHERE stack_trace LIKE 'zan%'",
  'SELECT e.`stack_trace` FROM northstar.events AS e',
  'SELECT `events`.* FROM events',
  "SELECT COLUMNS('stack') FROM events",
  'SELECT any(stack_trace.null) FROM events',
  'SELECT * FROM dead_letters',
  'SELECT stack_trace FROM analytics.crashes',
])('%s is refused to an analyst and to an administrator without the right', async statement => {
  for (const role of ['analyst', 'admin']) {
    const answer = await sql(statement, callers.get(role) ?? {})
    expect([answer.status, (await answer.text()).includes(MARKER)], role).toEqual([400, false])
  }
})

test('views of analysts have no sensitive column, and all of their columns may be asked for', async () => {
  const answer = await sql('SELECT * FROM analytics.crashes', callers.get('analyst') ?? {})
  const text = await answer.text()
  expect([answer.status, text.includes('linux'), text.includes(MARKER)]).toEqual([200, true, false])
})

test('who has the right sees it in SQL and in the log', async () => {
  expect(await (await sql('SELECT stack_trace FROM events', callers.get('trusted') ?? {})).text()).toContain(MARKER)
  expect(await readSome('/v1/log/0', asAdmin)).toContain(MARKER)
  await send('PATCH', '/v1/users/admin', { sensitive: true }, asAdmin)
  expect(await readSome('/v1/log/0', callers.get('admin') ?? {})).toContain(MARKER)
})
