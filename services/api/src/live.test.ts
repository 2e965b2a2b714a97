import { fileURLToPath } from 'node:url'
import { loadProduct } from '@northstar/catalogue'
import { eventsOf, type Row } from '@northstar/events'
import type { LiveMetric } from '@northstar/http-api'
import { createFold, fromTheBeginning, type LiveCounters, type Position } from '@northstar/live-counters'
import { openEmbeddedCounters } from '@northstar/live-counters/embedded'
import { createMetricReader, livePlan, metricsSection } from '@northstar/metrics'
import { createHttpServer, createLogger, HttpProblem, type HttpServer, type Identity } from '@northstar/runtime'
import { eventually, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LIVE_DEFAULTS, type LiveConfig, liveRoutes } from './live.ts'

const caro = fileURLToPath(new URL('../../../deploy/products/caro', import.meta.url))
const { catalogue } = loadProduct(caro, { metrics: metricsSection })
let now = 0
let folder: TempFolder
let counters: LiveCounters
let server: HttpServer
let reads: number
let failing: string | null
/** A metric whose collector is late. */
let late: string | null
let caller: Identity | null
let position: Position
let streams: Stream[]

beforeEach(async () => {
  now = Date.parse('2026-02-01T12:00:00Z')
  reads = 0
  failing = null
  late = null
  caller = { role: 'read', sensitive: false, via: 'key', name: 'a screen', subject: { kind: 'read-key', hash: 'h' } }
  position = { log: 'log', lastAt: 0, offset: 0, windowStart: 0, coverage: fromTheBeginning(livePlan(catalogue)) }
  streams = []
  folder = await tempFolder('live')
  counters = openEmbeddedCounters({ folder: folder.path, partitions: 1, now: () => now })
  await counters.apply(0, null, position, new Map())
  server = await serve({ everyMs: 20, clockMs: 60_000, heartbeatMs: 50, maxClients: 4, maxPerIdentity: 3 })
})

async function serve(config: LiveConfig): Promise<HttpServer> {
  const reader = createMetricReader({ catalogue, counters, query: async () => [], now: () => now })
  const counted: typeof reader = {
    ...reader,
    read: question => {
      reads++
      if (question.metric === failing) return Promise.reject(new RangeError('this metric fails'))
      return reader.read(question)
    },
  }
  const routes = liveRoutes(
    {
      catalogue,
      reader: counted,
      onAdvance: counters.onAdvance,
      now: () => now,
      logger: createLogger('silent', 'test'),
      control: { identify: async () => caller },
      unknown: async ({ name }) => (name === late ? { since: now, reason: 'collector registry failed' } : null),
      metrics: ['downloads', 'active_weekly_users', 'error_rate', 'retention', 'github_stars'],
    },
    config,
  )
  const started = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    logger: createLogger('silent', 'test'),
    access: {
      async enforce(request) {
        request.caller = caller
        if (!caller) throw new HttpProblem({ status: 401 })
      },
    },
    routes: [routes],
    health: async () => ({}),
  })
  await started.start()
  return started
}

afterEach(async () => {
  for (const stream of streams) stream.close()
  await server.stop()
  await counters.close()
  await folder.remove()
})

interface Message {
  readonly id: string
  readonly event: string
  readonly data: { readonly at: string; readonly metrics: Readonly<Record<string, LiveMetric>> }
}
interface Stream {
  readonly status: number
  readonly messages: Message[]
  readonly text: () => string
  readonly ended: () => boolean
  close(): void
}

async function open(lastEventId?: string): Promise<Stream> {
  const ending = new AbortController()
  const answer = await fetch(`${server.url()}/v1/live`, {
    signal: ending.signal,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  })
  const messages: Message[] = []
  let text = ''
  let rest = ''
  let ended = false
  const pump = async () => {
    const decoder = new TextDecoder()
    for await (const bytes of answer.body ?? []) {
      const piece = decoder.decode(bytes, { stream: true })
      text += piece
      rest += piece
      const blocks = rest.split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? ''
        if (block.includes('data: ')) messages.push({ id: field('id'), event: field('event'), data: JSON.parse(field('data')) })
      }
    }
  }
  pump().then(
    () => {
      ended = true
    },
    () => {
      ended = true
    },
  )
  const stream = { status: answer.status, messages, text: () => text, ended: () => ended, close: () => ending.abort() }
  streams.push(stream)
  return stream
}

async function count(...rows: readonly Partial<Row>[]): Promise<void> {
  const fold = createFold(livePlan(catalogue))
  const download = { event: 'downloads', timestamp: now, received_at: now, user_id: 'a'.repeat(16), session_id: '' }
  const complete = rows.map((row, i): Row => ({ ...download, id: `${i}`, platform: 'linux', channel: 'github', ...row }))
  fold.add(eventsOf(catalogue.plan.columns, complete))
  const next = { ...position, offset: position.offset + 1 }
  await counters.apply(0, position, next, fold.take())
  position = next
}

test('first all metrics, then those that have changed', async () => {
  await count({})
  const stream = await open()
  const first = await eventually(() => stream.messages[0])
  expect(first.event).toBe('values')
  // Retention and stars are the warehouse's alone.
  expect(Object.keys(first.data.metrics)).toEqual(['downloads', 'active_weekly_users', 'error_rate'])
  expect(first.data.metrics.downloads).toMatchObject({
    current: { from: '2026-01-29T05:00:00.000Z', to: '2026-02-05T05:00:00.000Z', complete: false, value: 1, target: { value: 120 } },
    previous: { value: 0, complete: true, target: { value: 150 } },
    today: { from: '2026-02-01T05:00:00.000Z', value: 1 },
  })
  expect(first.data.metrics.downloads?.by?.channel?.map(point => [point.by?.channel, point.value])).toContainEqual(['github', 1])
  expect(first.data.metrics.error_rate?.current.value).toBeNull()

  await count({ event: 'command_generated' }, { event: 'command_generated', user_id: 'b'.repeat(16) })
  const second = await eventually(() => stream.messages[1])
  expect(Object.keys(second.data.metrics)).toEqual(['active_weekly_users', 'error_rate'])
  expect(second.data.metrics.active_weekly_users?.current.value).toBe(2)
})

test('a metric whose collector is late contains since when and why it is unknown', async () => {
  late = 'downloads'
  const stream = await open()
  const { metrics } = (await eventually(() => stream.messages[0])).data
  expect(metrics.downloads?.unknown).toEqual({ since: new Date(now).toISOString(), reason: 'collector registry failed' })
  expect(metrics.error_rate?.unknown).toBeUndefined()
})

test('a client that reconnects gets the metrics that changed meanwhile; from another process, all of them', async () => {
  const stream = await open()
  const first = await eventually(() => stream.messages[0])
  stream.close()
  await eventually(() => stream.ended())
  await count({})
  const resumed = await open(first.id)
  expect(Object.keys((await eventually(() => resumed.messages[0])).data.metrics)).toEqual(['downloads'])
  const other = await open(first.id.replace(/^\w+/, '0123456789ab'))
  expect(Object.keys((await eventually(() => other.messages[0])).data.metrics)).toHaveLength(3)
  const same = await open((await eventually(() => resumed.messages[0])).id)
  await eventually(() => same.text().includes(': heartbeat'))
  expect(same.messages).toEqual([])
})

test('one reading serves all listeners, and without listeners there is none', async () => {
  const three = await Promise.all([open(), open(), open()])
  for (const stream of three) await eventually(() => stream.messages[0])
  const once = reads
  await count({})
  for (const stream of three) await eventually(() => stream.messages[1])
  // For each metric: the week, the day, each breakdown. The previous week is cached.
  expect(reads - once).toBe(10)
  expect((await open()).status).toBe(429)
  for (const stream of three) stream.close()
  await eventually(async () => (await open()).status === 200)
})

test("one metric's failure does not stop the others", async () => {
  failing = 'downloads'
  const stream = await open()
  await count({}, { event: 'command_generated' })
  await eventually(() => stream.messages.some(({ data }) => data.metrics.active_weekly_users?.current.value === 1))
  failing = null
  await count({})
  await eventually(() => stream.messages.some(({ data }) => data.metrics.downloads?.current.value === 2))
})

test('the end of the right to read ends the stream', async () => {
  const stream = await open()
  await eventually(() => stream.messages[0])
  caller = null
  await eventually(() => stream.ended())
  expect((await open()).status).toBe(401)
})

test('one identity has a bounded number of streams, which leaves room for others', async () => {
  for (let i = 0; i < 3; i++) expect((await open()).status).toBe(200)
  expect((await open()).status).toBe(429)
  caller = { role: 'read', sensitive: false, via: 'key', name: 'another screen', subject: { kind: 'read-key', hash: 'another' } }
  expect((await open()).status).toBe(200)
  // The server is full for everybody.
  expect((await open()).status).toBe(503)
})

test('500 streams of many identities are served, the next is asked to wait, and gets the place of one that ends', async () => {
  await server.stop()
  server = await serve(LIVE_DEFAULTS)
  const as = (name: string) => {
    caller = { role: 'read', sensitive: false, via: 'key', name, subject: { kind: 'read-key', hash: name } }
  }
  const { maxClients, maxPerIdentity } = LIVE_DEFAULTS
  for (let i = 0; i < maxClients; i++) {
    if (i % maxPerIdentity === 0) as(`screen ${i / maxPerIdentity}`)
    expect((await open()).status).toBe(200)
  }
  as('a further screen')
  const refused = await fetch(`${server.url()}/v1/live`)
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10'])
  expect(await refused.json()).toMatchObject({ status: 503, detail: 'Too many live connections: 500 are open. Try again in 10 seconds.' })
  // Those that are open get values.
  await count({})
  await eventually(() => streams.every(({ messages }) => messages.some(({ data }) => data.metrics.downloads?.current.value === 1)))
  streams[0]?.close()
  await eventually(async () => (await open()).status === 200)
})

test('a new day moves the values on without an event', async () => {
  await count({})
  const stream = await open()
  await eventually(() => stream.messages[0]?.data.metrics.downloads?.today.value === 1)
  now += 86_400_000
  await count({ timestamp: now - 86_400_000 })
  const second = await eventually(() => stream.messages[1])
  expect(second.data.metrics.downloads).toMatchObject({ current: { value: 2 }, today: { value: 0, from: '2026-02-02T05:00:00.000Z' } })
})

test('open streams do not hold up the server', async () => {
  const stream = await open()
  await server.stop()
  await eventually(() => stream.ended())
})
