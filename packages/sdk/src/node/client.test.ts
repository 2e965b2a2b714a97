import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Refused } from '../send.ts'
import { allSent, startNorthstarLike } from '../testing.test-data.ts'
import { createFileSpool } from './file-spool.ts'
import { createClient, hashUserId, type NodeConfig } from './index.ts'

interface Events {
  command: { category: string; platform?: 'linux' | 'macos' }
  crash: { stack_trace?: string }
  ping: Record<never, never>
}

let folder: TempFolder
let server: Awaited<ReturnType<typeof startNorthstarLike>>

beforeEach(async () => {
  ;[folder, server] = await Promise.all([tempFolder('sdk'), startNorthstarLike()])
})
afterEach(async () => {
  delete process.env.DO_NOT_TRACK
  await server.stop()
  await folder.remove()
})

const start = (config: Partial<NodeConfig<Events>> = {}) =>
  createClient<Events>({ url: server.url, writeKey: 'a-key', app: 'demo', notice: false, folder: folder.path, detached: false, ...config })

test('an event is sent with its id, user, session and the common properties', async () => {
  const client = start({ common: { platform: 'linux', version: '1.2.3' } })
  client.capture('command', { category: 'devops' })
  client.capture('ping')
  await allSent(client)
  const [first, second] = server.events()
  expect(first).toMatchObject({ event: 'command', properties: { category: 'devops', platform: 'linux', version: '1.2.3' } })
  expect(first?.id).not.toBe(second?.id)
  expect(first?.user_id).toMatch(/^[0-9a-f-]{36}$/)
  expect(second).toMatchObject({ user_id: first?.user_id, session_id: first?.session_id })
  expect(server.requests[0]?.headers.authorization).toBe('Bearer a-key')
  await client.close()
  // The user stays the same, the session does not.
  const next = start()
  next.capture('ping')
  await allSent(next)
  expect(server.events()[2]?.user_id).toBe(first?.user_id)
  expect(server.events()[2]?.session_id).not.toBe(first?.session_id)
  await next.close()
})

test('a session ends after half an hour without events', async () => {
  let now = Date.now()
  const client = start({ now: () => now })
  for (const minutes of [0, 20, 20, 31]) {
    now += minutes * 60_000
    client.capture('ping')
  }
  const [a, b, c, d] = client.preview().map(event => event.session_id)
  expect([b, c]).toEqual([a, a])
  expect(d).not.toBe(a)
  await client.close()
})

test('a body of many events is packed', async () => {
  const client = start()
  for (let i = 0; i < 200; i++) client.capture('command', { category: `category ${i}` })
  await client.flush()
  await server.received(1)
  expect(server.requests[0]?.headers['content-encoding']).toBe('gzip')
  await client.close()
})

test('a sender that begins before it is given the lock inherits it, and nobody else does', () => {
  const spool = createFileSpool(folder.path, 1_000)
  spool.lock()
  const path = join(folder.path, 'lock')
  // As the program's own lock, which is still running.
  writeFileSync(path, readFileSync(path, 'utf8').replace(String(process.pid), String(process.ppid)))
  expect(spool.lock()).toBe(null)
  expect(spool.lock(process.ppid)).not.toBe(null)
  expect(readFileSync(path, 'utf8')).toContain(String(process.pid))
})

describe('consent', () => {
  test('the first run shows the notice and sends nothing; the second run sends', async () => {
    const first = start({ notice: 'Demo sends usage data.\n' })
    first.capture('ping')
    await first.flush()
    await first.close()
    expect(first.status()).toMatchObject({ enabled: false, reason: 'first_run', waiting: 0 })
    expect(first.preview()).toMatchObject([{ event: 'ping' }])
    const second = start({ notice: 'Demo sends usage data.\n' })
    second.capture('command', { category: 'devops' })
    await allSent(second)
    await second.close()
    expect(server.events().map(({ event }) => event)).toEqual(['command'])
  })

  test('DO_NOT_TRACK overrides what the user enabled', async () => {
    const client = start()
    client.enable()
    process.env.DO_NOT_TRACK = '1'
    client.capture('ping')
    await client.flush()
    expect(client.status()).toMatchObject({ enabled: false, reason: 'do_not_track' })
    expect(server.requests).toEqual([])
    process.env.DO_NOT_TRACK = '0'
    expect(client.status().enabled).toBe(true)
    await client.close()
  })

  test('opting out deletes what waits and outlives the program', async () => {
    server.otherwise('reset')
    const client = start()
    client.capture('ping')
    await client.flush()
    expect(client.status().waiting).toBe(1)
    expect(client.disable()).toBe(true)
    expect(client.status()).toMatchObject({ reason: 'disabled', waiting: 0 })
    await client.close()
    const next = start()
    next.capture('ping')
    expect(next.status()).toMatchObject({ reason: 'disabled', waiting: 0 })
    expect(next.enable()).toBe(true)
    next.capture('ping')
    expect(next.status()).toMatchObject({ enabled: true, waiting: 1 })
    await next.close()
  })

  test('a decision that cannot be stored counts as no', async () => {
    const path = join(folder.path, 'a-file')
    writeFileSync(path, '')
    const client = start({ folder: join(path, 'below'), notice: 'Demo sends usage data.\n' })
    client.capture('ping')
    await client.flush()
    expect(client.status()).toMatchObject({ enabled: false, reason: 'unwritable' })
    expect(client.enable()).toBe(false)
    expect(server.requests).toEqual([])
    await client.close()
  })
})

test('nothing that a program passes, and nothing that its callback does, throws or holds up other events', async () => {
  const rejected = [{ index: 0, code: 'wrong_type', field: 'category', message: 'expected a string' }]
  server.script({ status: 202, body: JSON.stringify({ accepted: 0, rejected }) })
  const client = start({
    onRefused() {
      throw new Error('of the program')
    },
  })
  const odd = Object.assign(new Error('odd'), { stack: ['no text'] })
  const values: unknown[] = [10n, Number.NaN, { deep: true }, Symbol('s'), () => 1, odd, { toJSON: () => 1n }]
  for (const category of values) client.capture('command', { category } as never)
  const throwing = Object.defineProperty({}, 'category', { enumerable: true, get: () => expect.fail() })
  client.capture('command', throwing as never)
  expect(client.preview().map(({ properties }) => Object.keys(properties))).toEqual([[], [], [], [], [], ['category'], []])
  await allSent(client)
  expect(server.requests.length).toBe(1)
  await client.close()
})

test('an opt-out in another process ends the sending of a running one, and deletes what waits', async () => {
  const running = start()
  const other = start()
  other.disable()
  running.capture('ping')
  await running.flush()
  expect(running.status()).toMatchObject({ enabled: false, reason: 'disabled', waiting: 0 })
  expect(server.requests).toEqual([])
  await Promise.all([running.close(), other.close()])
})

test.each([
  ['half a profile', '{"user":"a'],
  ['another form of it', '{"enabled":1}'],
])('%s counts as no decision, so nothing is sent, also where the program asks by itself', async (_, text) => {
  mkdirSync(folder.path, { recursive: true })
  writeFileSync(join(folder.path, 'profile.json'), text)
  const client = start()
  client.capture('ping')
  await client.flush()
  expect(client.status()).toMatchObject({ enabled: false, reason: 'unwritable' })
  expect(server.requests).toEqual([])
  expect(client.enable()).toBe(true)
  expect(client.status().reason).toBe('enabled')
  await client.close()
})

describe('answers', () => {
  test('a refused event is reported and not sent again', async () => {
    const rejected = [{ index: 1, code: 'unknown_event', field: 'event', message: 'there is no event' }]
    server.script({ status: 202, body: JSON.stringify({ accepted: 1, rejected }) })
    const refused: Refused[] = []
    const client = start({ onRefused: one => refused.push(one) })
    client.capture('command', { category: 'devops' })
    client.capture('ping')
    await allSent(client)
    expect(refused).toMatchObject([{ code: 'unknown_event' }])
    expect(refused[0]?.event).toContain('"ping"')
    expect(client.status().waiting).toBe(0)
    await client.close()
  })

  test('a body that is refused as a whole is halved until the event at fault is alone', async () => {
    server.otherwise(({ body }) =>
      body.includes('poison') ? { status: 400, body: '{"status":400,"detail":"bad"}' } : { status: 202, body: '{"rejected":[]}' },
    )
    const refused: Refused[] = []
    const client = start({ onRefused: one => refused.push(one) })
    for (let i = 0; i < 7; i++) client.capture('command', { category: i === 4 ? 'poison' : 'fine' })
    await allSent(client)
    expect(refused.map(({ code }) => code)).toEqual(['malformed'])
    await client.close()
    expect(client.status().waiting).toBe(0)
  })

  test.each([
    ['the log-in page of a network', { status: 200, body: '<html>' }],
    ['an unknown key', { status: 401, body: '{"status":401}' }],
    ['a proxy without its server', 502],
    ['a cut connection', 'reset'],
  ] as const)('after the answer of %s the events wait, with the same ids', async (_, answer) => {
    let now = Date.now()
    server.script(answer)
    const client = start({ now: () => now })
    client.capture('ping')
    await client.flush()
    await server.received(1)
    expect(client.status().waiting).toBe(1)
    // Not at once again.
    await client.flush()
    expect(server.requests.length).toBe(1)
    await allSent(client, () => (now += 2_000))
    expect(server.requests.length).toBe(2)
    expect(server.requests[1]?.body.toString()).toBe(server.requests[0]?.body.toString())
    await client.close()
  })

  test('Retry-After holds for every program of the spool', async () => {
    let now = Date.now()
    server.script({ status: 503, headers: { 'retry-after': '120' } })
    const first = start({ now: () => now })
    first.capture('ping')
    await first.flush()
    await eventually(() => createFileSpool(folder.path, 1_000).pause() !== null)
    await first.close()
    now += 100_000
    const second = start({ now: () => now })
    await second.flush()
    expect(server.requests.length).toBe(1)
    now += 21_000
    await allSent(second)
    expect(server.requests.length).toBe(2)
    await second.close()
  })
})

describe('the spool', () => {
  test('drops and counts what does not fit', async () => {
    server.otherwise('reset')
    const client = start({ maxSpoolBytes: 2_000 })
    for (let i = 0; i < 20; i++) client.capture('ping')
    const { waiting, dropped } = client.status()
    expect(waiting).toBeGreaterThan(5)
    expect(waiting + dropped).toBe(20)
    await client.close()
  })

  test('its bound is one of bytes, whatever letters the events have', async () => {
    server.otherwise('reset')
    const client = start({ maxSpoolBytes: 20_000 })
    for (let i = 0; i < 100; i++) client.capture('command', { category: '日本語'.repeat(100) })
    const bytes = readdirSync(folder.path).reduce((sum, name) => sum + readFileSync(join(folder.path, name)).length, 0)
    expect(bytes).toBeGreaterThan(15_000)
    expect(bytes).toBeLessThan(20_500)
    await client.close()
  })

  test('a lock whose time lies a day ahead, as a clock that was set back leaves it, is void', () => {
    const spool = createFileSpool(folder.path, 1_000)
    const path = join(folder.path, 'lock')
    mkdirSync(folder.path, { recursive: true })
    writeFileSync(path, 'another-host 1')
    expect(spool.lock()).toBe(null)
    utimesSync(path, new Date(), new Date(Date.now() + 86_400_000))
    expect(spool.lock()).not.toBe(null)
  })

  test('half a line, as a power cut leaves it, costs only itself', async () => {
    mkdirSync(folder.path, { recursive: true })
    writeFileSync(join(folder.path, '000000000-x-1-a.ndjson'), '{"event":"ping","id":"whole"}\n{"event":"pi')
    const client = start()
    await allSent(client)
    expect(server.events()).toEqual([{ event: 'ping', id: 'whole' }])
    expect(readdirSync(folder.path).filter(name => name.endsWith('.ndjson'))).toEqual([])
    await client.close()
  })

  test('sends a backlog in bodies of bounded size', async () => {
    server.otherwise('reset')
    let now = Date.now()
    const client = start({ now: () => now })
    for (let i = 0; i < 3_000; i++) client.capture('command', { category: `a category of some length ${i}` })
    await client.flush()
    server.otherwise({ status: 202, body: '{"rejected":[]}' })
    await client.close()
    const next = start({ now: () => now })
    await allSent(next, () => (now += 10_000))
    for (const { body } of server.requests) expect(body.length).toBeLessThan(400_000)
    await next.close()
  })
})

describe('never holds the program', () => {
  test('flush and close return within 100 ms though the server is silent', async () => {
    server.otherwise('hang')
    const client = start()
    client.capture('ping')
    const begun = performance.now()
    await client.flush()
    await client.close()
    expect(performance.now() - begun).toBeLessThan(300)
    expect(client.status().waiting).toBe(1)
  })
})

test('sampling keeps about its share', async () => {
  const client = start({ sample: { ping: 0.25 } })
  for (let i = 0; i < 2_000; i++) client.capture('ping')
  client.capture('command', { category: 'devops' })
  const kept = client.preview()
  expect(kept.filter(({ event }) => event === 'ping').length).toBeGreaterThan(380)
  expect(kept.filter(({ event }) => event === 'ping').length).toBeLessThan(620)
  expect(kept.at(-1)?.event).toBe('command')
  client.disable()
  await client.close()
})

test('an error is sent as its kind and frames, without message and folders', async () => {
  const client = start()
  client.capture('crash', { stack_trace: new TypeError('cannot open /home/alice/secret.txt') })
  const stack = client.preview()[0]?.properties.stack_trace
  expect(stack).toMatch(/^TypeError\n {4}at .*client\.test\.ts:\d+:\d+/)
  expect(stack).not.toMatch(/alice|secret|packages\/sdk/)
  client.disable()
  await client.close()
})

test('a user’s name is hashed by app', async () => {
  expect(await hashUserId('demo', 'alice')).toMatch(/^[0-9a-f]{64}$/)
  expect(await hashUserId('demo', 'alice')).not.toBe(await hashUserId('other', 'alice'))
})

test('types say what an event needs', () => {
  const client = start()
  // @ts-expect-error: category is required
  client.capture('command')
  // @ts-expect-error: no such event
  client.capture('comand', { category: 'devops' })
  // @ts-expect-error: not one of the values
  client.capture('command', { category: 'devops', platform: 'beos' })
  expect(client.disable()).toBe(true)
})
