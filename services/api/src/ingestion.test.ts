import { fileURLToPath } from 'node:url'
import { loadProduct } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { openEventLog } from '@northstar/event-log/open'
import { createFold } from '@northstar/live-counters'
import { openEmbeddedCounters } from '@northstar/live-counters/embedded'
import { metricsSection } from '@northstar/metrics'
import { createHttpServer, createLogger, type HttpServer } from '@northstar/runtime'
import { everyoneIsAdmin, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ingestionRoutes } from './ingestion.ts'
import { isStoredUpTo } from './lag.ts'

const caro = fileURLToPath(new URL('../../../deploy/products/caro', import.meta.url))
const { catalogue } = loadProduct(caro, { metrics: metricsSection })
const logger = createLogger('silent', 'test')
const now = Date.parse('2026-02-01T12:00:30Z')
let folders: TempFolder[]
let warehouse: Warehouse
let server: HttpServer
let log: Awaited<ReturnType<typeof openEventLog>>
let closing: (() => Promise<void>)[]

beforeAll(async () => {
  folders = await Promise.all(['warehouse', 'log', 'counters'].map(name => tempFolder(name)))
  const [own = '', logs = '', counts = ''] = folders.map(folder => folder.path)
  warehouse = await openEmbeddedWarehouse({ folder: own })
  await warehouse.migrate(catalogue.plan)
  log = await openEventLog({ product: 'caro', folder: logs, partitions: 1 }, { logger, clientId: 'test' })
  const counters = openEmbeddedCounters({ folder: counts, partitions: 1, now: () => now })
  closing = [() => counters.close(), () => log.close(), () => warehouse.close()]

  const fold = createFold([])
  fold.addLedger(now - 60_000, 'accepted', 600)
  fold.addLedger(now - 60_000, 'duplicates', 5)
  fold.addLedger(now - 120_000, 'rejected', 9)
  fold.addLedger(now - 120_000, 'rejected:unknown_event', 2)
  fold.addLedger(now - 60_000, 'rejected', 1)
  fold.addLedger(now - 60_000, 'rejected:wrong_type', 8)
  await counters.apply(0, null, { log: 'log', lastAt: 0, offset: 1, windowStart: 0 }, fold.take())
  const letters = Array.from({ length: 5 }, (_, i) => ({
    at: now - Math.ceil(i / 2) * 86_400_000,
    partition: 0,
    offset: 10 - i,
    reason: `reason ${i}`,
    bytes: Buffer.from(i === 0 ? [0xff, 0xfe] : `{"n":${i}}`).toString('base64'),
  }))
  await warehouse.insert('dead_letters', [Buffer.from(letters.map(row => `${JSON.stringify(row)}\n`).join(''))], 'test:1')
  await log.append([{ partition: 0, value: Buffer.from('x'), headers: {} }])

  const routes = [ingestionRoutes({ log, counters, warehouse, now: () => now, catalogue: { plan: { events: new Map(), columns: [] } } })]
  server = createHttpServer({ host: '127.0.0.1', port: 0, logger, access: everyoneIsAdmin, routes, health: async () => ({}) })
  await server.start()
})

afterAll(async () => {
  await server?.stop()
  for (const close of closing ?? []) await close()
  for (const folder of folders ?? []) await folder.remove()
})

interface Body {
  readonly minutes: readonly object[]
  readonly dead_letters: readonly { readonly reason: string }[]
  readonly next: string | null
}
async function get(path: string) {
  const answer = await fetch(server.url() + path)
  return { status: answer.status, json: (await answer.json()) as Body }
}

test('rate, lag, refusals by code, and how many dead letters there are', async () => {
  const { json } = await get('/v1/ingestion')
  expect(json).toMatchObject({
    at: '2026-02-01T12:00:30.000Z',
    per_second: 10,
    rejected: { wrong_type: 8, unknown_event: 2 },
    groups: { warehouse: { behind: 1, total: 1 }, counters: { behind: 0, total: 1 } },
    dead_letters: { last_day: 3, total: 5, quarantined: 0 },
  })
  expect(json.minutes).toHaveLength(60)
  expect(json.minutes.slice(-3)).toEqual([
    { at: '2026-02-01T11:58:00.000Z', accepted: 0, duplicates: 0, dead_lettered: 0, rejected: 9 },
    { at: '2026-02-01T11:59:00.000Z', accepted: 600, duplicates: 5, dead_lettered: 0, rejected: 1 },
    { at: '2026-02-01T12:00:00.000Z', accepted: 0, duplicates: 0, dead_lettered: 0, rejected: 0 },
  ])
})

test('dead letters, the latest first, page by page', async () => {
  const seen: string[] = []
  let next: string | null = ''
  while (next !== null) {
    const { json } = await get(`/v1/dead-letters?limit=2${next ? `&before=${next}` : ''}`)
    seen.push(...json.dead_letters.map(({ reason }) => reason))
    next = json.next
  }
  expect(seen).toEqual(['reason 0', 'reason 1', 'reason 2', 'reason 3', 'reason 4'])
  const { json } = await get('/v1/dead-letters')
  expect(json.dead_letters.slice(0, 2)).toEqual([
    { at: '2026-02-01T12:00:30.000Z', partition: 0, offset: 10, reason: 'reason 0', events: 1, base64: '//4=' },
    { at: '2026-01-31T12:00:30.000Z', partition: 0, offset: 9, reason: 'reason 1', events: 1, text: '{"n":1}' },
  ])
  expect((await get('/v1/dead-letters?before=1;DROP')).status).toBe(400)
})

test('the number of records that are not stored yet is known', async () => {
  expect(await isStoredUpTo(log, 0)).toBe(true)
  expect(await isStoredUpTo(log, Date.now() + 60_000)).toBe(false)
})
