import { alertsSection } from '@northstar/alerting'
import { loadProduct } from '@northstar/catalogue'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { type Row, tableBlock } from '@northstar/events'
import { durableEvents, metricsSection } from '@northstar/metrics'
import { channelsSection } from '@northstar/notifications'
import { tempFolder } from '@northstar/testkit'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createBacktestRoutes } from './backtest-api.ts'
import { startServer } from './server.test-data.ts'

const product = new URL('../../../deploy/products/caro', import.meta.url).pathname
const { catalogue } = loadProduct(product, { metrics: metricsSection, rules: alertsSection, notifying: channelsSection })
const FROM = Date.parse('2026-01-20T15:00:00Z')
const logger = pino({ level: 'silent' })
const stops: (() => Promise<unknown>)[] = []
let url: string

beforeAll(async () => {
  const folder = await tempFolder('backtest')
  const warehouse = await openEmbeddedWarehouse({ folder: folder.path })
  await warehouse.migrate(catalogue.plan, { durableEvents: durableEvents(catalogue) })
  const bug = (at: number, action: string): Row => ({
    event: 'github_issue',
    id: action,
    timestamp: at,
    received_at: at,
    user_id: '',
    session_id: '',
    number: 7,
    action,
    priority: 'P0',
  })
  const bugs = [bug(FROM + 60_000, 'opened'), bug(FROM + 600_000, 'closed')]
  await warehouse.insertBlock('events', tableBlock(catalogue.plan.columns, bugs), 'bugs')
  const server = await startServer(createBacktestRoutes({ catalogue, warehouse, now: () => FROM + 1_800_000, logger }))
  url = `${server.url()}/v1/rules/backtest`
  stops.push(
    () => folder.remove(),
    () => warehouse.close(),
    () => server.stop(),
  )
})
afterAll(async () => {
  for (const stop of stops.reverse()) await stop()
})

const ask = (body: unknown, accept = 'application/json') =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', accept }, body: JSON.stringify(body) })
const span = { from: new Date(FROM).toISOString(), step: '2m', rule: 'p0_bugs_open' }

describe('a backtest over HTTP', () => {
  it('reports when a rule would have fired, for how long, and who would have been notified', async () => {
    const answer = await (await ask(span)).json()
    expect(answer).toMatchObject({
      from: '2026-01-20T15:00:00.000Z',
      to: '2026-01-20T15:30:00.000Z',
      step_seconds: 120,
      rules: [
        { rule: 'p0_bugs_open', fired: 1, firing_seconds: 600, episodes: [{ member: null, worst: 1, to: '2026-01-20T15:12:00.000Z' }] },
      ],
      notifications: { 'on-call': 2 },
    })
  })

  it('streams its progress as lines to a client that asks for lines', async () => {
    const lines = (await (await ask(span, 'application/x-ndjson')).text()).trim().split('\n')
    const parsed = lines.map(line => JSON.parse(line) as { done?: number; result?: unknown })
    expect(parsed[0]).toEqual({ done: 0 })
    expect(parsed.at(-2)).toEqual({ done: 1 })
    expect(parsed.at(-1)?.result).toEqual(await (await ask(span)).json())
  })

  it('refuses invalid ranges, steps and rules', async () => {
    expect((await ask({ ...span, rule: 'nothing' })).status).toBe(404)
    expect((await ask({ ...span, from: 'yesterday' })).status).toBe(400)
    expect((await ask({ ...span, from: '2027-01-01' })).status).toBe(400)
    expect((await ask({ ...span, step: '1s' })).status).toBe(400)
    expect((await ask({ ...span, step: '999999d' })).status).toBe(400)
  })
})
