import { fileURLToPath } from 'node:url'
import { loadProduct } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { fromTheBeginning, type LiveCounters } from '@northstar/live-counters'
import { openEmbeddedCounters } from '@northstar/live-counters/embedded'
import { createMetricReader, durableEvents, livePlan, metricsSection } from '@northstar/metrics'
import { createAccess, createHttpServer, createLogger, type HttpServer, hashToken, READ_KEYS } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { eventually, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LIVE_DEFAULTS, liveRoutes } from './live.ts'
import { metricRoutes } from './queries.ts'

const { catalogue } = loadProduct(fileURLToPath(new URL('../../../deploy/products/caro', import.meta.url)), { metrics: metricsSection })
const NOW = Date.parse('2026-02-01T12:00:00Z')
const logger = createLogger('silent', 'test')

let folder: TempFolder
let warehouse: Warehouse
let counters: LiveCounters
let state: StateStore
let server: HttpServer

beforeAll(async () => {
  folder = await tempFolder('overload')
  warehouse = await openEmbeddedWarehouse({ folder: `${folder.path}/warehouse` })
  await warehouse.migrate(catalogue.plan, { durableEvents: durableEvents(catalogue) })
  counters = openEmbeddedCounters({ folder: `${folder.path}/counters`, partitions: 1, now: () => NOW })
  const position = { log: 'log', lastAt: 0, offset: 0, windowStart: 0, coverage: fromTheBeginning(livePlan(catalogue)) }
  await counters.apply(0, null, position, new Map())
  state = openEmbeddedState({ path: `${folder.path}/state` })
  for (const name of ['greedy', 'other']) await state.put(READ_KEYS + hashToken(name), { name, createdAt: NOW })
  const reader = createMetricReader({ catalogue, counters, query: (sql, params) => warehouse.query(sql, { params }), now: () => NOW })
  const control = createAccess({ adminToken: 'admin', documents: state })
  const live = { catalogue, reader, control, logger, onAdvance: counters.onAdvance, now: () => NOW, metrics: ['downloads'] }
  const routes = [metricRoutes({ catalogue, reader, now: () => NOW }), liveRoutes(live, LIVE_DEFAULTS)]
  server = createHttpServer({ host: '127.0.0.1', port: 0, logger, access: control, routes, health: async () => ({}) })
  await server.start()
})

afterAll(async () => {
  await server?.stop()
  await Promise.all([warehouse?.close(), counters?.close(), state?.close()])
  await folder?.remove()
})

const headersOf = (key: string) => ({ authorization: `Bearer ${key}` })

/** An answer that is read whole, so that the server is done with it. */
async function ask(key: string, path: string): Promise<{ readonly status: number; readonly text: string }> {
  const answer = await fetch(server.url() + path, { headers: headersOf(key) })
  return { status: answer.status, text: await answer.text() }
}

const openStream = (key: string, signal: AbortSignal) => fetch(`${server.url()}/v1/live`, { headers: headersOf(key), signal })

test('questions over centuries are refused in words or answered, and meanwhile others get their answers', async () => {
  // Within the bound of an answer, and far beyond it.
  const spans = ['from=2010-01-01&to=2026-02-01', 'from=1600-01-01&to=1900-01-01', 'from=1900-01-01&to=2299-01-01']
  const large = Array.from({ length: 90 }, (_, i) => `/v1/metrics/bugs_open?period=week&${spans[i % 9 < 6 ? 0 : (i % 2) + 1]}`)
  // A first answer has made the spans of time that the others ask for again.
  expect((await ask('greedy', large[0] ?? '')).status).toBe(200)
  const statuses: number[] = []
  const greedy = large.map(async path => {
    const { status, text } = await ask('greedy', path)
    statuses.push(status)
    if (status === 400) expect((JSON.parse(text) as { detail: string }).detail).toMatch(/too many|must not lie before/)
  })
  expect((await ask('other', '/v1/metrics/downloads?period=week')).status).toBe(200)
  // The first questions wait for each other, four at a time. The question of the other caller does not wait for them.
  expect(statuses.length).toBeLessThan(large.length)
  expect((await ask('other', '/healthz')).status).toBe(200)
  await Promise.all(greedy)
  expect(new Set(statuses)).toEqual(new Set([200, 400]))
}, 120_000)

test('a reader that uses all its live streams does not affect those of others, and can open new ones after closing some', async () => {
  const ending = new AbortController()
  const opened = await Promise.all(Array.from({ length: LIVE_DEFAULTS.maxPerIdentity + 20 }, () => openStream('greedy', ending.signal)))
  const statuses = opened.map(({ status }) => status)
  expect(statuses.filter(status => status === 200)).toHaveLength(LIVE_DEFAULTS.maxPerIdentity)
  expect(statuses.filter(status => status === 429)).toHaveLength(20)
  const own = new AbortController()
  const stream = await openStream('other', own.signal)
  expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
  expect((await ask('other', '/v1/metrics/downloads?period=week')).status).toBe(200)
  ending.abort()
  await eventually(async () => {
    const again = new AbortController()
    const { status } = await openStream('greedy', again.signal)
    again.abort()
    return status === 200
  })
  own.abort()
})
