import type { Row } from '@northstar/events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { hash } from './contract/random-events.ts'

const FILES = {
  product: 'name: flood\ntitle: Flood\ntimezone: UTC\nlaunch: 2026-03-02',
  'tracking-plan': `
events:
  visit:
    description: A visit.
    user: required
    properties:
      page: { type: string, description: Page. }
      seconds: { type: number, description: Seconds. }
      failed: { type: boolean, description: Failed. }`,
  metrics: `
metrics:
  visits: { title: T, description: D, unit: count, kind: count, events: visit, by: [page] }
  visitors: { title: T, description: D, unit: count, kind: unique, events: visit, by: [page] }
  seconds: { title: T, description: D, unit: number, kind: sum, events: visit, of: seconds, by: [page] }
  longest: { title: T, description: D, unit: number, kind: maximum, events: visit, of: seconds, by: [page] }
  failures: { title: T, description: D, unit: ratio, kind: share, events: visit, matching: { failed: true }, by: [page] }`,
}
const DAY = 86_400_000
const from = Date.parse('2026-03-02T00:00:00Z')
const now = from + DAY
// Two texts with the same cityHash64, which are easy to find.
const COLLIDING = ['/product/1234567', '#$!WLq8wofen_ipp']
const PAGES = 20_001
const LARGEST = 500

let product: MeasuredProduct
/** The visits of the day, and those of the day before. */
const rows: Row[] = []
const earlier: Row[] = []

beforeAll(async () => {
  // Each of the first pages has two visits more than the others.
  for (let i = 0; i < PAGES + 2 * LARGEST; i++) {
    const page = i < PAGES ? i : (i - PAGES) % LARGEST
    const timestamp = from + (i % 24) * 3_600_000 + i
    const given: { page?: string } = i % 1_000 === 999 ? {} : { page: `/${page}` }
    rows.push({
      event: 'visit',
      id: `v${i}`,
      timestamp,
      received_at: timestamp,
      user_id: hash(i % 700),
      session_id: '',
      seconds: page / 10,
      failed: i % 3 === 0,
      ...(given as { page: string }),
    })
  }
  for (const [i, page] of [COLLIDING[0], COLLIDING[1], COLLIDING[1]].entries()) {
    const timestamp = from - 3_600_000 + i
    const at = { timestamp, received_at: timestamp, seconds: i === 0 ? 2 : 1, failed: false }
    earlier.push({ event: 'visit', id: `c${i}`, user_id: hash(i), session_id: '', page: page as string, ...at })
  }
  product = await measureProduct({ product: FILES, rows: [...earlier, ...rows], now })
})

afterAll(() => product?.close())

const read = async (metric: string, source: 'auto' | 'live' | 'warehouse', question = {}) =>
  product.reader.read({ metric, from, to: now, period: 'total', by: 'page', source, ...question })

test('stored, a breakdown has its largest members, those without the property, and the others together', async () => {
  for (const metric of ['visits', 'visitors', 'seconds', 'failures']) {
    const { points } = await read(metric, 'warehouse')
    expect(points).toHaveLength(LARGEST + 2)
    const other = points.find(point => point.by?.page === '(other)')
    const named = new Set(points.map(point => point.by?.page))
    const others = rows.filter(row => row.page !== undefined && !named.has(row.page))
    const want = {
      visits: others.length,
      visitors: new Set(others.map(row => row.user_id)).size,
      seconds: others.reduce((sum, row) => sum + Number(row.seconds), 0),
      failures: others.filter(row => row.failed).length / others.length,
    }[metric]
    expect(other?.value).toBeCloseTo(want ?? Number.NaN, 6)
    expect(points.find(point => point.by?.page === null)?.sample).toBeGreaterThan(0)
    expect(points.find(point => point.by?.page === '/7')?.sample).toBe(3)
  }
})

test('beyond a limit members are one where their values add up, and left out where they do not; in both stores', async () => {
  const day = { from, to: now, limit: 3 }
  const samples = (points: Awaited<ReturnType<typeof read>>['points']) => points.reduce((sum, point) => sum + point.sample, 0)
  for (const source of ['warehouse', 'live'] as const) {
    for (const metric of ['visits', 'seconds', 'failures']) {
      const all = await read(metric, source)
      const { points, others } = await read(metric, source, day)
      expect(points.map(point => point.by?.page).at(-1), metric).toBe('(other)')
      expect(points).toHaveLength(4)
      expect(others).toEqual({ members: all.points.length - 3, together: true })
      expect(samples(points)).toBe(rows.length)
    }
    const visits = (await read('visits', source, day)).points
    const largest = (await read('visits', source)).points.filter(point => point.by?.page !== '(other)').map(point => point.sample)
    const sizes = visits.slice(0, 3).map(point => point.sample)
    expect(sizes.toSorted((a, b) => b - a)).toEqual(largest.toSorted((a, b) => b - a).slice(0, 3))
    const users = await read('visitors', source, { ...day, from: now - 3_600_000 })
    expect(users.points).toHaveLength(3)
    expect(users.points.some(point => point.by?.page === '(other)')).toBe(false)
    expect(users.others?.together).toBe(false)
  }
  expect((await read('visits', 'warehouse', { limit: 1_000 })).others).toBeUndefined()
})

test('members whose unkeyed hashes are equal neither merge nor take each other’s name', async () => {
  const [hashes] = await product.warehouse.query<{ equal: number }>('SELECT cityHash64({a:String}) = cityHash64({b:String}) AS equal', {
    params: { a: COLLIDING[0] ?? '', b: COLLIDING[1] ?? '' },
  })
  expect(hashes?.equal).toBe(1)
  const at = from - DAY
  for (const metric of ['visits', 'visitors', 'longest']) {
    const { points } = await read(metric, 'warehouse', { from: at, to: from })
    const values = new Map(points.map(point => [point.by?.page, point.value]))
    expect([...values.keys()].sort(), metric).toEqual([...COLLIDING].sort())
    expect(
      COLLIDING.map(page => values.get(page)),
      metric,
    ).toEqual(metric === 'longest' ? [2, 1] : [1, 2])
  }
})

test('which members are the largest depends on the period alone', async () => {
  const [hour, next] = [from + 5 * 3_600_000, from + 6 * 3_600_000]
  const alone = await read('visits', 'warehouse', { from: hour, to: next, period: 'hour' })
  const among = await read('visits', 'warehouse', { from: hour - 3_600_000, to: next + 3_600_000, period: 'hour' })
  const own = (answer: typeof alone) => answer.points.filter(point => Date.parse(point.from) === hour && (point.value ?? 0) > 0)
  expect(own(among)).toEqual(own(alone))
})

test('live, members beyond the limit of an hour and of an answer count together, and nothing is lost', async () => {
  for (const metric of ['visits', 'seconds', 'failures']) {
    const { points } = await read(metric, 'live')
    expect(points.length).toBeLessThanOrEqual(1_002)
    const samples = points.reduce((sum, point) => sum + point.sample, 0)
    expect(samples).toBe(rows.length)
  }
  const hour = await read('visitors', 'live', { from: now - 3_600_000 })
  expect(hour.points.find(point => point.by?.page === '(other)')?.value).toBeGreaterThan(0)
})

test('the warehouse answers by itself where the live counters have merged members', async () => {
  expect((await read('visits', 'auto', { from: now - 3_600_000 })).source).toBe('warehouse')
  expect((await read('visits', 'auto', { from: now - 3_600_000, by: undefined })).source).toBe('live')
})

test('many periods of very many members are refused in words', async () => {
  await expect(read('visits', 'warehouse', { from: from - 60 * DAY, period: 'day' })).rejects.toMatchObject({ code: 'too_much' })
})
