import { type Receiver, startReceiver } from '@northstar/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { collectAll, type Fields } from '../collecting.test-data.ts'

const DAY = 86_400_000
const START = Date.parse('2026-01-20T09:00:00Z')

let registry: Receiver
let now: number
beforeEach(async () => {
  now = START
  registry = await startReceiver()
})
afterEach(() => registry.stop())

const answer = (body: unknown, headers = {}) => registry.otherwise({ status: 200, headers, body: JSON.stringify(body) })
const collect = (fields: Fields, cursor: unknown = null) =>
  collectAll({ ...fields, api: registry.url, event: 'downloads' }, cursor, () => now)
const dayBefore = (n: number) => new Date(START - n * DAY).toISOString().slice(0, 10)

/** The last ten days and today, `count` downloads each; npm returns 0 for days that it has not counted. */
const series = (zeros: number) => Array.from({ length: 11 }, (_, i) => ({ date: dayBefore(10 - i), count: i > 10 - zeros ? 0 : 100 + i }))

const REGISTRIES: readonly (readonly [string, Fields, string, (zeros: number) => unknown])[] = [
  [
    'crates_io',
    { type: 'crates_io', crate: 'caro' },
    '/api/v1/crates/caro/downloads?include=versions',
    zeros => ({
      version_downloads: series(zeros).map(({ date, count }) => ({ version: 7, date, downloads: count })),
      versions: [{ id: 7, num: '1.1.0' }],
      meta: { extra_downloads: [] },
    }),
  ],
  [
    'npm',
    { type: 'npm', package: '@caro/cli' },
    `/downloads/range/${dayBefore(365)}:${dayBefore(2)}/@caro/cli`,
    zeros => ({ package: '@caro/cli', downloads: series(zeros).map(({ date, count }) => ({ day: date, downloads: count })) }),
  ],
  [
    'pypi',
    { type: 'pypi', package: 'caro' },
    '/api/packages/caro/overall?mirrors=false',
    zeros => ({
      type: 'overall_downloads',
      data: series(zeros).flatMap(({ date, count }) => [
        { category: 'without_mirrors', date, downloads: count },
        { category: 'with_mirrors', date, downloads: count * 9 },
      ]),
    }),
  ],
]

describe.each(REGISTRIES)('%s', (source, fields, path, body) => {
  it('counts each settled day once, in any number of runs', async () => {
    answer(body(5))
    const first = await collect(fields)
    expect(registry.requests[0]?.path).toBe(path)
    // Two days are not settled, and further three have no count yet.
    expect(first.samples.map(({ timestamp, properties: { count } }) => [timestamp, count])).toEqual(
      [10, 9, 8, 7, 6, 5].map(n => [Date.parse(`${dayBefore(n)}T12:00:00Z`), 110 - n]),
    )
    expect(new Set(first.samples.map(({ properties }) => properties.source))).toEqual(new Set([source]))
    expect((await collect(fields, first.cursor)).samples).toEqual([])
    answer(body(0))
    now += DAY
    const second = await collect(fields, first.cursor)
    expect(second.samples.map(({ properties }) => properties.count)).toEqual([106, 107, 108, 109])
    expect(new Set([...first.samples, ...second.samples].map(({ id }) => id)).size).toBe(10)
    registry.clear()
    expect((await collect(fields, second.cursor)).samples).toEqual([])
    expect(registry.requests, 'no request before another day has settled').toEqual([])
  })
})

it.each(REGISTRIES)(
  '%s: another package under the same name of a collector starts anew, with its own samples',
  async (_, fields, __, body) => {
    answer(body(5))
    const first = await collect(fields)
    const other = Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, field === 'type' ? value : 'other'])) as Fields
    const second = await collect(other, first.cursor)
    expect(second.samples).toHaveLength(first.samples.length)
    expect(new Set([...first.samples, ...second.samples].map(({ id }) => id)).size).toBe(2 * first.samples.length)
  },
)

it('crates.io counts versions separately, and the others together', async () => {
  answer({
    version_downloads: [
      { version: 7, date: dayBefore(3), downloads: 5 },
      { version: 8, date: dayBefore(3), downloads: 6 },
    ],
    versions: [{ id: 7, num: '1.1.0' }],
    meta: { extra_downloads: [{ date: dayBefore(3), downloads: 2 }] },
  })
  const { samples } = await collect({ type: 'crates_io', crate: 'caro' })
  expect(samples.map(({ properties }) => properties)).toEqual([
    { source: 'crates_io', count: 5, version: '1.1.0' },
    { source: 'crates_io', count: 6, version: '8' },
    { source: 'crates_io', count: 2, version: undefined },
  ])
})

it('Docker Hub’s total counts from the first run on, by differences', async () => {
  const hub = { type: 'docker_hub', repository: 'caro/cli' }
  const counts = []
  let cursor: unknown = null
  for (const total of [1_000, 1_007, 1_007, 1_020]) {
    answer({ name: 'cli', pull_count: total })
    const run = await collect(hub, cursor)
    counts.push(run.samples.map(({ id, properties }) => [id, properties.count]))
    cursor = run.cursor
  }
  expect(counts).toEqual([[], [['pulls of caro/cli 1000 1007', 7]], [], [['pulls of caro/cli 1007 1020', 13]]])
  expect(registry.requests[0]?.path).toBe('/v2/repositories/caro/cli/')
})

it('another image of Docker Hub counts from its own first run', async () => {
  answer({ pull_count: 1_000 })
  const first = await collect({ type: 'docker_hub', repository: 'caro/cli' })
  answer({ pull_count: 90_000 }, { etag: '"2"' })
  const second = await collect({ type: 'docker_hub', repository: 'caro/server' }, first.cursor)
  expect(second.samples).toEqual([])
  answer({ pull_count: 90_002 })
  const third = await collect({ type: 'docker_hub', repository: 'caro/server' }, second.cursor)
  expect(third.samples.map(({ properties }) => properties.count)).toEqual([2])
})

describe.each([
  ...REGISTRIES.map(([name, fields]) => [name, fields] as const),
  ['docker_hub', { type: 'docker_hub', repository: 'caro/cli' }],
  ['homebrew', { type: 'homebrew', formula: 'caro' }],
] as const)('%s with an unusual answer', (_, fields) => {
  it.each([
    ['asks to wait', { status: 429, headers: { 'retry-after': '90' } }, { code: 'rate_limited', until: START + 90_000 }],
    ['asks to wait without a time', { status: 429 }, { code: 'rate_limited', until: START + 60_000 }],
    ['is closed for a while', { status: 503, headers: { 'retry-after': '30' } }, { code: 'rate_limited', until: START + 30_000 }],
    ['fails', { status: 502, body: '<html>' }, { code: 'failed' }],
    ['does not know the package', { status: 404, body: '' }, { code: 'not_found' }],
    ['has moved', { status: 301, headers: { location: 'https://elsewhere.example/' } }, { code: 'moved' }],
    ['breaks off', { status: 200, headers: { 'content-length': '100' }, body: '{"a":' }, { code: 'unreachable' }],
    ['answers half of a document', { status: 200, body: '{"downloads": [' }, { code: 'unreadable' }],
    ['answers something else', { status: 200, body: '{"error": "no"}' }, { code: 'unreadable' }],
  ])('%s', async (_name, given, expected) => {
    registry.otherwise(given)
    await expect(collect(fields)).rejects.toMatchObject(expected)
  })
})

it('Docker Hub’s unchanged answer is not sent again, and its total still counts on', async () => {
  const hub = { type: 'docker_hub', repository: 'caro/cli' }
  answer({ name: 'cli', pull_count: 1_000 }, { etag: '"1"' })
  const first = await collect(hub)
  registry.otherwise(({ headers }) => (headers['if-none-match'] === '"1"' ? 304 : 500))
  const unchanged = await collect(hub, first.cursor)
  expect(unchanged.samples).toEqual([])
  answer({ name: 'cli', pull_count: 1_004 }, { etag: '"2"' })
  expect((await collect(hub, unchanged.cursor)).samples.map(({ properties }) => properties.count)).toEqual([4])
})

it('Homebrew’s installations of 30 days are a sample, and an unchanged answer none', async () => {
  const brew = { type: 'homebrew', formula: 'caro' }
  answer({ name: 'caro', analytics: { install: { '30d': { caro: 90, 'caro --HEAD': 4 }, '365d': { caro: 900 } } } }, { etag: '"1"' })
  const first = await collect(brew)
  expect(first.samples.map(({ properties }) => properties)).toEqual([{ value: 94 }])
  registry.otherwise(({ headers }) => (headers['if-none-match'] === '"1"' ? 304 : 500))
  expect((await collect(brew, first.cursor)).samples).toEqual([])
})

it.each(REGISTRIES)('%s is not called before its rate limit ends', async (_, fields) => {
  registry.otherwise({ status: 429, headers: { 'retry-after': '120' } })
  await expect(collect(fields)).rejects.toMatchObject({ code: 'rate_limited', until: START + 120_000 })
})
