import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadDeployed, type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { durableEvents, metricViews } from './index.ts'

const catalogue = loadDeployed('caro')
const DAY_MS = 86_400_000
// The views go by the engine's clock.
const now = Date.now()
const lastRun = now - 20 * DAY_MS
let product: MeasuredProduct

const run = (collector: string, timestamp: number) => ({ event: 'collector_run', timestamp, collector })
const sample = { event: 'github_stars', timestamp: now - 60 * DAY_MS, value: 900 }
const rows = [sample, run('github', lastRun), run('github', lastRun - DAY_MS), run('discord', now - 1_000)].map((row, i) => ({
  ...row,
  id: `collected-${i}`,
  received_at: row.timestamp,
  user_id: '',
  session_id: '',
}))

beforeAll(async () => {
  product = await measureProduct({ product: catalogue, rows, now })
})
afterAll(() => product?.close())

/** The weeks since the sample, of the view while this collector sends the metric's events. */
async function weeksOf(collector: string) {
  const collected = [{ collector, heartbeat: 'collector_run', events: ['github_stars'], staleAfterMs: 3_600_000 }]
  const views = metricViews(catalogue, now, collected).filter(({ name }) => name === 'metrics.github_stars')
  await product.warehouse.migrate(catalogue.plan, { views, durableEvents: durableEvents(catalogue) })
  return product.warehouse.query<{ readonly ends: number; readonly value: number | null }>(
    `SELECT toInt64(toUnixTimestamp64Milli(ends)) AS ends, value FROM metrics.github_stars WHERE toUnixTimestamp64Milli(begins) > ${sample.timestamp}`,
  )
}

test('the view of a metric has no value from the last complete run of a late collector on', async () => {
  const weeks = await weeksOf('github')
  expect(weeks.map(({ value }) => value)).toEqual(weeks.map(({ ends }) => (Number(ends) <= lastRun ? 900 : null)))
  expect(new Set(weeks.map(({ value }) => value))).toEqual(new Set([900, null]))
})

test.each(['discord', 'docker'])(
  'while a collector is not late, as %s, or has never run, the last sample is carried on',
  async collector => {
    const weeks = await weeksOf(collector)
    expect(weeks.length).toBeGreaterThan(2)
    expect(new Set(weeks.map(({ value }) => value))).toEqual(new Set([900]))
  },
)
