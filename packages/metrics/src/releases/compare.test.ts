import { fileURLToPath } from 'node:url'
import { loadProduct } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { type Row, tableBlock } from '@northstar/events'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quantile } from '../contract/brute-force.ts'
import { hash, random } from '../contract/random-events.ts'
import { createMetricReader, createReleaseComparison, findReleases, metricRollups, metricsSection, type ReleaseMetric } from '../index.ts'

const caro = fileURLToPath(new URL('../../../../deploy/products/caro', import.meta.url))
const { catalogue } = loadProduct(caro, { metrics: metricsSection })
const DAY = 86_400_000
const now = Date.parse('2026-03-09T15:00:00Z')
const rows: Row[] = []
const releases = { '1.0.0': now - 40 * DAY, '1.1.0': now - 6 * DAY, '1.2.0': now - DAY } as const

let folder: TempFolder
let warehouse: Warehouse
const query: Parameters<typeof findReleases>[0] = (sql, params) => warehouse.query(sql, { params })

beforeAll(async () => {
  const r = random(9)
  const add = (event: string, version: string, timestamp: number, session: number, properties: Record<string, string | number | boolean>) =>
    rows.push({
      event,
      id: `r${rows.length}`,
      timestamp: Math.floor(timestamp),
      received_at: Math.floor(timestamp),
      user_id: hash(session % 900),
      session_id: hash(1e6 + session),
      version,
      ...properties,
    })
  const use = (version: keyof typeof releases, sessions: number, crashes: number, scale: number, days: number, base: number) => {
    for (let s = 0; s < sessions; s++) {
      const time = releases[version] + r() * days * DAY
      add('command_generated', version, time, base + s, { category: 'files' })
      add('command_generation_latency', version, time, base + s, {
        duration_ms: Math.round(-Math.log(1 - r()) * 100 * scale * 100) / 100,
        query_complexity: 'simple',
      })
      if (s < crashes) add('crash', version, time, base + s, {})
    }
  }
  use('1.0.0', 3_000, 6, 1, 5, 0)
  use('1.1.0', 3_000, 60, 1.3, 5, 10_000)
  use('1.2.0', 3, 1, 1, 0.9, 20_000)
  // The old release's later life, with many crashes, is not of the same age.
  for (let s = 0; s < 500; s++)
    for (const event of ['command_generated', 'crash']) add(event, '1.0.0', now - 20 * DAY + s * 60_000, 30_000 + s, {})
  folder = await tempFolder('releases')
  warehouse = await openEmbeddedWarehouse({ folder: folder.path })
  await warehouse.migrate(catalogue.plan, { rollups: metricRollups(catalogue) })
  await warehouse.insertBlock('events', tableBlock(catalogue.plan.columns, rows), 'test:1')
})

afterAll(async () => {
  await warehouse?.close()
  await folder?.remove()
})

const compare = async (version: keyof typeof releases, against: keyof typeof releases) => {
  const comparison = createReleaseComparison({ catalogue, query, now: () => now, property: 'version' })
  const found = await comparison({ version, from: releases[version] }, { version: against, from: releases[against] })
  return { ...found, of: (metric: string) => found.metrics.find(one => one.metric === metric) as ReleaseMetric }
}

test('both releases are measured at the age of the younger one, and a proportion that rose is worse', async () => {
  const { of, age_days } = await compare('1.1.0', '1.0.0')
  expect(age_days).toBe(6)
  const crash = of('crash_rate')
  expect(crash).toMatchObject({
    value: 60 / 3_000,
    sample: 3_000,
    against: { value: 6 / 3_000, sample: 3_000 },
    verdict: 'worse',
    confidence: 0.95,
  })
  const [low = 0, high = 0] = crash.interval ?? []
  expect(low).toBeGreaterThan(0)
  expect(low).toBeLessThan(0.018)
  expect(high).toBeGreaterThan(0.018)
})

test('percentiles are compared by order statistics', async () => {
  const { of } = await compare('1.1.0', '1.0.0')
  const p95 = of('response_time_p95')
  const values = (version: string) =>
    rows.filter(row => row.version === version && row.duration_ms !== undefined).map(row => Number(row.duration_ms))
  expect(p95.value).toBeCloseTo(quantile(values('1.1.0'), 0.95) ?? Number.NaN, 6)
  expect(p95.against.value).toBeCloseTo(quantile(values('1.0.0'), 0.95) ?? Number.NaN, 6)
  expect(p95.verdict).toBe('worse')
  expect(p95.interval?.[0]).toBeLessThan(p95.difference ?? Number.NaN)
  expect(p95.interval?.[1]).toBeGreaterThan(p95.difference ?? Number.NaN)
})

test('a release compared with itself has no difference, and a few sessions are not enough', async () => {
  const same = await compare('1.1.0', '1.1.0')
  expect(new Set(same.metrics.map(({ verdict }) => verdict))).toEqual(new Set(['no_difference', 'not_enough_data']))
  expect((await compare('1.2.0', '1.1.0')).of('crash_rate').verdict).toBe('not_enough_data')
})

test('how many use a release is not compared', async () => {
  const names = (await compare('1.1.0', '1.0.0')).metrics.map(({ metric }) => metric)
  expect(names).toEqual(expect.arrayContaining(['crash_rate', 'error_rate', 'success_rate', 'response_time_p50']))
  expect(names).not.toEqual(expect.arrayContaining(['commands']))
  expect(names).not.toContain('downloads')
})

test('a metric is asked of one release, and compared with another in the same periods', async () => {
  const reader = createMetricReader({ catalogue, query, now: () => now })
  const question = { metric: 'crash_rate', from: now - 60 * DAY, to: now, period: 'total', source: 'warehouse' } as const
  const rateOf = (version: string) => {
    const sessions = (event?: string) =>
      new Set(rows.filter(row => row.version === version && (!event || row.event === event)).map(row => row.session_id)).size
    return sessions('crash') / sessions()
  }
  const [point] = (await reader.read({ ...question, release: '1.1.0', compare: 'release:1.0.0' })).points
  expect(point).toMatchObject({ value: rateOf('1.1.0'), previous: rateOf('1.0.0') })
  const by = (await reader.read({ ...question, release: '1.1.0', by: 'version' })).points
  expect(by.map(({ by, value }) => [by?.version, value])).toEqual([['1.1.0', rateOf('1.1.0')]])
  await expect(reader.read({ ...question, metric: 'bugs_open', release: '1.1.0' })).resolves.toBeDefined()
})

test('releases are found by their events, the newest first', async () => {
  const found = await findReleases(query, 'version', now - 7 * DAY)
  expect(found.map(({ version }) => version)).toEqual(['1.2.0', '1.1.0', '1.0.0'])
  const first = Math.min(...rows.filter(row => row.version === '1.1.0').map(row => row.timestamp))
  expect(found[1]).toMatchObject({ firstSeen: first, sessions: 3_000, recentSessions: 3_000, share: 3_000 / 3_003 })
  expect(found[2]?.share).toBe(0)
})
