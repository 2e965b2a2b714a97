import { fileURLToPath } from 'node:url'
import { loadProduct } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { type Row, tableBlock } from '@northstar/events'
import { api, declarations } from '@northstar/http-api'
import { createMetricReader, durableEvents, metricsSection } from '@northstar/metrics'
import { createAccess, createHttpServer, createLogger, type HttpServer } from '@northstar/runtime'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { metricRoutes } from './queries.ts'

const caro = fileURLToPath(new URL('../../../deploy/products/caro', import.meta.url))
const { catalogue } = loadProduct(caro, { metrics: metricsSection })
const now = Date.parse('2026-02-01T12:00:00Z')
const NO_DOCUMENTS = { get: async () => null, put: async () => 1 }
let folder: TempFolder
let warehouse: Warehouse
let server: HttpServer

beforeAll(async () => {
  folder = await tempFolder('dashboard')
  warehouse = await openEmbeddedWarehouse({ folder: folder.path })
  await warehouse.migrate(catalogue.plan, { durableEvents: durableEvents(catalogue) })
  const rows = Array.from({ length: 600 }, (_, i): Row => {
    const timestamp = Date.parse('2026-01-15T05:00:00Z') + (i < 350 ? i * 60_000 : 7 * 86_400_000 + i * 60_000)
    const user = (i % 100).toString(16).padStart(16, '0')
    return {
      event: 'downloads',
      id: `d${i}`,
      timestamp,
      received_at: timestamp,
      user_id: user,
      session_id: '',
      channel: i % 2 ? 'github' : 'website',
    }
  })
  await warehouse.insertBlock('events', tableBlock(catalogue.plan.columns, rows), 'test:1')
  const reader = createMetricReader({ catalogue, query: (sql, params) => warehouse.query(sql, { params }), now: () => now })
  const routes = metricRoutes({
    catalogue,
    reader,
    now: () => now,
  })
  server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    logger: createLogger('silent', 'test'),
    access: createAccess({ adminToken: 'reading', documents: NO_DOCUMENTS }),
    routes: [routes],
    health: async () => ({}),
  })
  await server.start()
})

afterAll(async () => {
  await server?.stop()
  await warehouse?.close()
  await folder?.remove()
})

interface Point {
  readonly by?: unknown
  readonly value: number | null
  readonly target?: unknown
}
/** What any of the answers may hold. */
interface Body {
  readonly points: readonly Point[]
  readonly metrics: readonly { readonly name: string; readonly targets?: unknown; readonly headline?: unknown }[]
  readonly nearest?: string
  readonly paths: object
}

async function get(url: string, authorization = 'Bearer reading') {
  const answer = await fetch(server.url() + url, { headers: { authorization } })
  return { status: answer.status, type: answer.headers.get('content-type'), headers: answer.headers, json: (await answer.json()) as Body }
}

test('a metric by week: values, targets of the week, and the running week', async () => {
  const { status, json } = await get('/v1/metrics/downloads?from=2026-01-15&to=2026-02-05&period=week&compare=previous')
  expect(status).toBe(200)
  expect(api.metrics.read.answers[200].safeParse(json).error).toBeUndefined()
  expect(json).toMatchObject({ metric: 'downloads', unit: 'count', timezone: 'America/New_York', period: 'week', source: 'warehouse' })
  expect(json.points[0]).toEqual({
    from: '2026-01-15T05:00:00.000Z',
    to: '2026-01-22T05:00:00.000Z',
    complete: true,
    value: 350,
    sample: 350,
    target: { value: 200, direction: 'at_least', status: 'ahead', distance: 0.75 },
    previous: 0,
    change: null,
  })
  expect(json.points[1]).toMatchObject({ value: 250, previous: 350, target: { value: 150 } })
  // A running period has a target and no verdict.
  expect(json.points[2]).toMatchObject({ value: 0, complete: false, target: { value: 120 } })
  expect(json.points[2]?.target).not.toHaveProperty('status')
})

test('a breakdown has every declared member and leaves out the target of the whole', async () => {
  const { json } = await get('/v1/metrics/downloads?from=2026-01-15&to=2026-01-22&period=total&by=channel')
  expect(json.points.map(p => [p.by, p.value, p.target])).toEqual([
    [{ channel: 'website' }, 175, undefined],
    [{ channel: 'github' }, 175, undefined],
    [{ channel: 'reddit' }, 0, undefined],
    [{ channel: 'twitter' }, 0, undefined],
    [{ channel: 'other' }, 0, undefined],
  ])
  const one = await get('/v1/metrics/downloads?from=2026-01-15&to=2026-01-22&period=total&where.channel=github')
  expect(one.json.points[0]?.value).toBe(175)
})

test('a period without data has no value rather than 0', async () => {
  const range = 'from=2026-01-15&to=2026-01-22&period=total'
  expect((await get(`/v1/metrics/success_rate?${range}`)).json.points[0]).toMatchObject({ value: null, sample: 0 })
  expect((await get(`/v1/metrics/commands?${range}`)).json.points[0]).toMatchObject({ value: 0, sample: 0 })
  expect((await get('/v1/metrics/downloads?from=2026-03-01&to=2026-03-02&period=day')).json.points[0]?.value).toBeNull()
})

test('without a span, everything since the launch', async () => {
  const { json } = await get('/v1/metrics/downloads')
  expect(json.points.map(p => p.value)).toEqual([350, 250, 0])
})

test.each([
  ['downlods?by=chanel', 404, 'unknown_metric', 'downloads'],
  ['downloads?by=chanel', 400, 'unknown_property', 'channel'],
  ['downloads?where.__proto__=github', 400, 'unknown_field', undefined],
  ['downloads?where.chanel=github', 400, 'unknown_property', 'channel'],
  ['downloads?where.channel=gihub', 400, 'unknown_value', 'github'],
  ['downloads?period=weak', 400, 'unknown_value', 'week'],
  ['downloads?form=2026-01-15', 400, 'unknown_field', 'from'],
  ['downloads?from=yesterday', 400, 'bad_range', undefined],
  ['downloads?from=2026-02-30', 400, 'bad_range', undefined],
  ['downloads?from=2026-01-15&to=2026-01-15', 400, 'bad_range', undefined],
  ['downloads?from=1900-01-01&to=2026-01-15&period=hour', 400, 'too_much', undefined],
  ['downloads?from=2026-01-15&from=2026-01-16', 400, 'bad_value', undefined],
  ['downloads?source=liv', 400, 'unknown_value', 'live'],
  ['retention?period=total', 400, 'unknown_period', undefined],
  ['retention?by=platfrom', 400, 'unknown_property', 'platform'],
  ['churn_rate?by=platform', 400, 'unknown_property', undefined],
  ['crash_rate?by=stack_trace', 400, 'unknown_property', undefined],
  ["downloads?by='; DROP TABLE events", 400, 'unknown_property', undefined],
])('%s answers %i', async (question, status, code, near) => {
  const answer = await get(`/v1/metrics/${question}`)
  expect(answer.json).toMatchObject({ status, code })
  expect([answer.status, answer.type?.split(';')[0], answer.json.nearest]).toEqual([status, 'application/problem+json', near])
})

test('a value is never part of the statement', async () => {
  const { status, json } = await get(`/v1/metrics/commands?period=total&where.category=${encodeURIComponent("x') OR 1=1 --")}`)
  expect([status, json.points[0]?.value]).toEqual([200, 0])
})

test('the list of metrics has their definitions', async () => {
  const { json } = await get('/v1/metrics')
  expect(json.metrics).toHaveLength(catalogue.metrics.size)
  expect(json).toMatchObject({ titles: { values: { platform: { macos: 'macOS' } } } })
  expect(json.metrics[0]).toMatchObject({
    name: 'active_weekly_users',
    level: 'north_star',
    live: true,
    public: true,
    goal: { value: 500, date: '2026-02-15' },
  })
  expect(json.metrics.find(metric => metric.name === 'memory_p95')).toMatchObject({
    percentiles: [
      { metric: 'memory_p50', percentile: 50 },
      { metric: 'memory_p95', percentile: 95 },
      { metric: 'memory_p99', percentile: 99 },
    ],
  })
  // Of several points for each week, the one that lists show.
  expect(json.metrics.flatMap(({ name, headline }) => (headline ? [[name, headline]] : []))).toEqual([
    ['retention', { offset: 1 }],
    ['onboarding_funnel', { member: 'good feedback' }],
    ['user_lifecycle', { member: 'new' }],
    ['user_segments', { member: 'casual' }],
  ])
  expect(json.metrics[1]?.targets).toMatchObject({ total: { value: 570 }, weeks: { 1: { value: 200, direction: 'at_least' } } })
})

test('several questions in one request have the answers of each alone, in lines where that is accepted', async () => {
  const asked = [
    'downloads?period=week&compare=previous',
    "commands?period=total&where.category=x') OR 1=1 --",
    'downloads?by=chanel',
    'nothing',
    'downloads?wen=1',
  ]
  const alone = await Promise.all(asked.map(one => get(`/v1/metrics/${encodeURI(one)}`)))
  const url = `/v1/values?${new URLSearchParams(asked.map((one): [string, string] => ['q', one]))}`
  const { json } = await get(url)
  const { values } = api.metrics.values.answers[200].parse(json)
  expect(values.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4])
  values.forEach(({ answer, problem }, place) => {
    const { status, json: own } = alone[place] ?? {}
    expect(answer ?? problem).toEqual(status === 200 ? own : expect.objectContaining({ status }))
    if (problem) expect(own).toMatchObject(problem)
  })
  const lines = await fetch(server.url() + url, { headers: { authorization: 'Bearer reading', accept: 'application/x-ndjson' } })
  expect(lines.headers.get('content-type')).toBe('application/x-ndjson')
  const each = (await lines.text())
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { place: number })
  expect(each.toSorted((a, b) => a.place - b.place)).toEqual(JSON.parse(JSON.stringify(values)))
})

test('only who may read', async () => {
  for (const url of ['/v1/metrics', '/v1/metrics/downloads']) {
    const answer = await get(url, 'Bearer other')
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
  }
})

test('the answers have the declared fields and no others', async () => {
  const { list, read, sql } = api.metrics
  for (const [url, schema] of [
    ['/v1/metrics', list.answers[200]],
    ['/v1/metrics/downloads?compare=previous&by=channel', read.answers[200]],
    ['/v1/metrics/bugs_open?by=priority', read.answers[200]],
    ['/v1/metrics/retention', read.answers[200]],
    ['/v1/metrics/downloads/sql', sql.answers[200]],
  ] as const) {
    const { json } = await get(url)
    expect(schema.parse(json), url).toEqual(json)
  }
})

test('the description of the API has every declared route, also those that another process serves', async () => {
  const { json } = await get('/openapi.json', '')
  expect(Object.keys(json.paths)).toEqual([...new Set(declarations.map(({ path }) => path))])
})
