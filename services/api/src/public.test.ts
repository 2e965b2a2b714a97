import { fileURLToPath } from 'node:url'
import { loadProduct } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { tableBlock } from '@northstar/events'
import type { PublicAnswer } from '@northstar/http-api'
import { durableEvents, metricsSection } from '@northstar/metrics'
import { createHttpServer, createLogger, type HttpServer } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { publicRoutes } from './public.ts'
import { createPublication, createPublicationJob, type Publication } from './publication.ts'

const caro = fileURLToPath(new URL('../../../deploy/products/caro', import.meta.url))
const { catalogue } = loadProduct(caro, { metrics: metricsSection })
const logger = createLogger('silent', 'test')
const LAUNCH = Date.parse('2026-01-15T05:00:00Z')
const WEEK = 7 * 86_400_000
let now = LAUNCH + 3 * WEEK + 2 * 86_400_000
let ready = false
let publication: Publication
let folders: TempFolder[]
let warehouse: Warehouse
let state: StateStore
let servers: HttpServer[]

beforeAll(async () => {
  folders = [await tempFolder('public'), await tempFolder('public-state')]
  warehouse = await openEmbeddedWarehouse({ folder: folders[0]?.path ?? '' })
  await warehouse.migrate(catalogue.plan, { durableEvents: durableEvents(catalogue) })
  state = openEmbeddedState({ path: folders[1]?.path ?? '' })
  servers = []
  for (let i = 0; i < 2; i++) {
    publication = createPublication({ catalogue, query: (sql, params) => warehouse.query(sql, { params }), state, now: () => now, logger })
    const routes = publicRoutes(publication, () => now, 0)
    const server = createHttpServer({ host: '127.0.0.1', port: 0, logger, routes: [routes], health: async () => ({}) })
    await server.start()
    servers.push(server)
  }
})

afterAll(async () => {
  for (const server of servers ?? []) await server.stop()
  await state?.close()
  await warehouse?.close()
  for (const folder of folders ?? []) await folder.remove()
})

let batches = 0
async function insert(event: string, week: number, users: number, more: Readonly<Record<string, string | number>> = {}): Promise<void> {
  const batch = batches++
  const timestamp = LAUNCH + (week - 1) * WEEK + 3_600_000
  const rows = Array.from({ length: users }, (_, i) => ({
    event,
    id: `${batch}-${i}`,
    timestamp,
    received_at: timestamp,
    user_id: (batch * 1_000 + i).toString(16).padStart(16, '0'),
    session_id: '',
    ...more,
  }))
  await warehouse.insertBlock('events', tableBlock(catalogue.plan.columns, rows), `test:${batch}`)
}

const publish = () =>
  createPublicationJob(
    publication,
    async () => ready,
    () => now,
  ).run({ dueAt: now, lateMs: 0 })

async function look(server = servers[0]): Promise<{ answer: PublicAnswer; headers: Headers }> {
  const response = await fetch(`${server?.url()}/v1/public`)
  return { answer: (await response.json()) as PublicAnswer, headers: response.headers }
}
const values = (answer: PublicAnswer, name: string) => answer.metrics.find(metric => metric.name === name)?.points.map(point => point.value)

test('complete weeks of public metrics, once published for good', async () => {
  await insert('downloads', 1, 40, { channel: 'github' })
  await insert('downloads', 2, 9, { channel: 'github' })
  await insert('command_generated', 1, 25)
  // Many events of few people are no large group.
  await insert('command_generated', 3, 50, { user_id: 'a'.repeat(16) })
  await insert('github_stars', 2, 1, { value: 5, user_id: '' })
  await insert('downloads', 4, 100, { channel: 'github' })

  // Publishing waits for events that have yet to reach the warehouse.
  expect(await publish()).toEqual({ continueAt: now + 15_000, reason: 'events have yet to reach the warehouse' })
  const early = await look()
  expect(values(early.answer, 'downloads')).toEqual([null, null, null])
  ready = true
  await publish()
  const { answer, headers } = await look()
  expect(answer).toMatchObject({
    product: { title: 'Caro CLI' },
    period: 'week',
    k: 10,
    titles: { values: { platform: { macos: 'macOS' } } },
  })
  expect(answer.metrics.map(metric => metric.name)).toEqual([
    'active_weekly_users',
    'downloads',
    'commands',
    'github_stars',
    'discord_members',
    'github_contributors',
  ])
  expect(values(answer, 'downloads')).toEqual([40, null, null])
  expect(values(answer, 'active_weekly_users')).toEqual([25, null, null])
  expect(values(answer, 'commands')).toEqual([25, null, null])
  // Stars are no users of the product.
  expect(values(answer, 'github_stars')).toEqual([null, 5, 5])
  expect([headers.get('access-control-allow-origin'), headers.get('cache-control'), headers.get('set-cookie')]).toEqual([
    '*',
    'public, max-age=300',
    null,
  ])

  // Late events, which would reveal a difference of one, of a hidden week, too.
  await insert('downloads', 1, 1, { channel: 'github' })
  await insert('downloads', 2, 3, { channel: 'github' })
  await insert('command_generated', 3, 60)
  await publish()
  for (const server of servers) expect((await look(server)).answer).toEqual(answer)
  // Week 3 had no downloads at all when it was looked at, so it was not published: it looked like any hidden one.
  await insert('downloads', 3, 30, { channel: 'github' })
  await publish()
  expect(values((await look()).answer, 'downloads')).toEqual([40, null, 30])

  now += WEEK
  await publish()
  expect(values((await look()).answer, 'downloads')).toEqual([40, null, 30, 100])
})

test('a week whose collector failed is published once its figure is known', async () => {
  await insert('discord_members', 2, 1, { value: 800, user_id: '' })
  const other = await tempFolder('public-unknown')
  const own = openEmbeddedState({ path: other.path })
  let freshAt = LAUNCH + WEEK + 3_600_000
  const failing = createPublication({
    catalogue,
    query: (sql, params) => warehouse.query(sql, { params }),
    state: own,
    unknown: async ({ name }, at) => (name === 'discord_members' && freshAt < at ? { since: freshAt, reason: 'collector failed' } : null),
    now: () => now,
    logger,
  })
  try {
    await failing.publish()
    expect(values(await failing.read(), 'discord_members')).toEqual([null, null, null, null])
    expect(values(await failing.read(), 'github_stars')).toEqual([null, 5, 5, 5])
    freshAt = LAUNCH + 3 * WEEK
    await failing.publish()
    expect(values(await failing.read(), 'discord_members')).toEqual([null, 800, 800, null])
  } finally {
    await own.close()
    await other.remove()
  }
})

test('counts are rounded to multiples of five, so that one person does not show', async () => {
  await insert('downloads', 5, 23, { channel: 'github' })
  now += WEEK
  await publish()
  expect(values((await look()).answer, 'downloads')?.at(-1)).toBe(25)
})

test('an answer that is known need not be sent again', async () => {
  const { headers } = await look()
  const again = await fetch(`${servers[0]?.url()}/v1/public`, { headers: { 'if-none-match': headers.get('etag') ?? '' } })
  expect([again.status, await again.text()]).toEqual([304, ''])
})

test('no question changes the answer', async () => {
  const { answer } = await look()
  const asked = await fetch(`${servers[0]?.url()}/v1/public?period=day&by=channel&where.channel=github&from=2026-01-15&k=1`)
  expect(await asked.json()).toEqual(answer)
})
