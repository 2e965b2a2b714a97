import { fileURLToPath } from 'node:url'
import { loadProduct } from '@northstar/catalogue'
import type { Row } from '@northstar/events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { quantile } from '../contract/folds.ts'
import { type MeasuredProduct, measureProduct, queryOf } from '../contract/measured-product.ts'
import { hash, random } from '../contract/random-events.ts'
import {
  createMetricReader,
  createReadReleases,
  createReleaseComparison,
  metricRollups,
  metricsSection,
  type Query,
  type ReleaseMetric,
  readAdoption,
  readCrashFree,
  releaseBefore,
  releasesSection,
} from '../index.ts'

const caro = fileURLToPath(new URL('../../../../deploy/products/caro', import.meta.url))
const { catalogue } = loadProduct(caro, { metrics: metricsSection, releases: releasesSection })
const DAY = 86_400_000
const now = Date.parse('2026-03-09T15:00:00Z')
const rows: Row[] = []
const releases = { '1.0.0': now - 40 * DAY, '1.1.0': now - 6 * DAY, '1.2.0': now - DAY } as const

let product: MeasuredProduct
const query: Query = (sql, params) => queryOf(product.warehouse)(sql, params)

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
      platform: session % 3 ? 'macos' : 'linux',
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
  product = await measureProduct({ product: catalogue, rows, now, definitions: () => ({ rollups: metricRollups(catalogue) }) })
})

afterAll(() => product?.close())

const compare = async (version: keyof typeof releases, against: keyof typeof releases) => {
  const comparison = createReleaseComparison({ catalogue, query, now: () => now })
  const found = await comparison({ version, from: releases[version] }, { version: against, from: releases[against] }, { by: ['platform'] })
  const of = (metric: string, platform?: string) =>
    found.metrics.find(one => one.metric === metric && one.by?.platform === platform) as ReleaseMetric
  return { ...found, of }
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

test('metrics that are read together have the values that each has alone', async () => {
  const comparison = createReleaseComparison({ catalogue, query, now: () => now })
  const [own, against] = (['1.1.0', '1.0.0'] as const).map(version => ({ version, from: releases[version] }))
  if (!own || !against) throw new Error('two releases are compared')
  const together = await comparison(own, against, { by: ['platform'] })
  const all = [...together.metrics, ...together.volumes]
  for (const metric of new Set(all.map(one => one.metric))) {
    const alone = await comparison(own, against, { by: ['platform'], metrics: [metric] })
    expect([...alone.metrics, ...alone.volumes]).toEqual(all.filter(one => one.metric === metric))
  }
  expect(all.filter(one => one.by && (one.value ?? 0) > 0).length).toBeGreaterThan(5)
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
  const platforms = (await reader.read({ ...question, release: '1.1.0', by: 'platform' })).points
  expect(platforms.map(({ by }) => by?.platform).toSorted()).toEqual(['linux', 'macos'])
  await expect(reader.read({ ...question, metric: 'bugs_open', release: '1.1.0' })).resolves.toBeDefined()
})

test('each platform is compared as the whole is', async () => {
  const { of } = await compare('1.1.0', '1.0.0')
  for (const platform of ['linux', 'macos']) {
    const own = rows.filter(row => row.version === '1.1.0' && row.platform === platform)
    const sessions = new Set(own.map(row => row.session_id)).size
    const crashes = new Set(own.filter(row => row.event === 'crash').map(row => row.session_id)).size
    expect(of('crash_rate', platform)).toMatchObject({ value: crashes / sessions, sample: sessions, verdict: 'worse' })
    expect(of('response_time_p95', platform).interval).not.toBeNull()
  }
})

const known = { catalogue, query, now: () => now }

test('releases are found by their events and ordered by semantic version, with the share of the last seven days', async () => {
  const found = await createReadReleases(known)()
  expect(found.map(({ version }) => version)).toEqual(['1.2.0', '1.1.0', '1.0.0'])
  const first = Math.min(...rows.filter(row => row.version === '1.1.0').map(row => row.timestamp))
  expect(found[1]).toMatchObject({ from: first, firstSeen: first, sessions: 3_000, declared: { stage: 'beta' } })
  const recent = rows.filter(row => row.timestamp >= now - 7 * DAY)
  const sessions = (version: string) => new Set(recent.filter(row => row.version === version).map(row => row.session_id)).size
  const all = new Set(recent.map(row => row.session_id)).size
  expect(found.map(({ share }) => share)).toEqual(['1.2.0', '1.1.0', '1.0.0'].map(version => sessions(version) / all))
  expect(releaseBefore(found, '1.1.0')?.version).toBe('1.0.0')
  expect(releaseBefore(found, '1.0.0')).toBeNull()
})

test('a declared date begins the age of a release, also before its first event; a date to come does not', async () => {
  const declared = [
    { version: '1.1.0', stage: 'full', date: '2026-03-01' },
    { version: '1.3.0', stage: 'internal', date: '2026-03-09' },
    { version: '1.4.0', stage: 'internal', date: '2026-04-01' },
  ] as const
  const dated = { ...catalogue, releases: { ...catalogue.releases, releases: [...declared] } }
  const found = await createReadReleases({ ...known, catalogue: dated })()
  expect(found.map(({ version }) => version)).toEqual(['1.3.0', '1.2.0', '1.1.0', '1.0.0'])
  expect(found[0]).toMatchObject({ firstSeen: null, sessions: 0 })
  expect(new Date(found[2]?.from ?? 0).toISOString()).toBe('2026-03-01T05:00:00.000Z')
})

test('crash-free sessions and users of all releases come from one query, with a verdict at the same age', async () => {
  const found = await createReadReleases(known)()
  let queries = 0
  const counting: Query = (sql, params) => {
    queries++
    return query(sql, params)
  }
  const crashFree = await readCrashFree({ ...known, query: counting }, found)
  expect(queries).toBe(1)
  expect(crashFree.get('1.1.0')).toEqual({ sessions: 1 - 60 / 3_000, users: 1 - 60 / 900, verdict: 'worse' })
  expect(crashFree.get('1.2.0')?.verdict).toBe('not_enough_data')
  expect(crashFree.get('1.0.0')?.sessions).toBe(1 - 506 / 3_500)
})

test('adoption is the share of sessions and of users in each day of a release', async () => {
  const points = await readAdoption(known, { version: '1.1.0', from: releases['1.1.0'] }, 6 * DAY)
  expect(points).toHaveLength(6)
  expect(points.map(({ share_sessions }) => share_sessions)).toEqual([1, 1, 1, 1, 1, 0])
  expect(points.reduce((sum, { sessions }) => sum + sessions, 0)).toBe(3_000)
})
