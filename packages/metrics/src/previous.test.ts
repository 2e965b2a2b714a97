import type { Row } from '@northstar/events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadDeployed, type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { randomEvents } from './contract/random-events.ts'
import type { MetricQuestion, MetricReader } from './index.ts'

const DAY = 86_400_000
const now = Date.parse('2026-03-09T15:30:00Z')
const LAST_YEAR = now - 365 * DAY

let product: MeasuredProduct
let reader: MetricReader
let rows: readonly Row[]

beforeAll(async () => {
  rows = randomEvents(5, LAST_YEAR - 40 * DAY, LAST_YEAR + 20 * DAY, 40).map((row, place) =>
    row.event === 'command_generated' ? { ...row, version: place % 2 === 0 ? '1.0.0' : '1.1.0' } : row,
  )
  product = await measureProduct({ product: loadDeployed('caro'), rows, now })
  reader = product.reader
})

afterAll(() => product?.close())

test('a period is compared with the one a year before, a running one with the same part of it', async () => {
  for (const [period, start] of [
    ['month', '2026-02-01'],
    ['quarter', '2026-01-01'],
    ['day', '2026-02-26'],
    ['week', '2026-02-05'],
  ] as const) {
    const question = { metric: 'commands', from: reader.calendar.startOf(start), to: now, period, compare: 'year' } as const
    const { points } = await reader.read(question)
    expect(points.map(point => point.value)).toEqual(points.map(() => 0))
    for (const { from: begins, to, previous } of points) {
      const span = reader.calendar.yearBefore(period, { from: Date.parse(begins), to: Date.parse(to) })
      const until = Math.min(span.to, span.from + (now - Date.parse(begins)))
      const want = rows.filter(row => row.event === 'command_generated' && row.timestamp >= span.from && row.timestamp < until).length
      expect(previous, `${period} ${begins}`).toBe(want)
    }
    expect(points.some(({ previous }) => (previous ?? 0) > 0)).toBe(true)
  }
})

test('the targets of cohorts, a number of weeks later, judge no days or months', async () => {
  const targets = async (period: 'day' | 'week' | 'month') => {
    const { points } = await reader.read({ metric: 'retention', from: LAST_YEAR - 40 * DAY, to: LAST_YEAR, period })
    return points.flatMap(point => ('offset' in point && point.target ? [[point.offset, point.target.value]] : []))
  }
  expect(await targets('week')).toContainEqual([1, 0.67])
  expect(await targets('day')).toEqual([])
  expect(await targets('month')).toEqual([])
})

test('cohorts are compared with those a year before, and with those of a release', async () => {
  const shares = async (question: Partial<MetricQuestion>) => {
    const { points } = await reader.read({ metric: 'retention', from: now - 50 * DAY, to: now, period: 'week', ...question })
    return points.map(point => ('offset' in point ? [point.from, point.offset, point.value, point.previous] : []))
  }
  // The weeks a year before, which have events, asked for by themselves.
  const spans = reader.calendar.spans('week', now - 50 * DAY, now).map(span => reader.calendar.periodAt('week', span.from))
  const earlier = spans.map(span => reader.calendar.yearBefore('week', span))
  const want = await shares({ from: earlier[0]?.from ?? 0, to: earlier.at(-1)?.to ?? 0 })
  const compared = await shares({ compare: 'year' })
  expect(compared.map(([, offset, value, previous]) => [offset, value, previous])).toEqual(
    want.map(([, offset, value]) => [offset, null, value]),
  )
  expect(want.some(([, offset, value]) => offset === 1 && Number(value) > 0)).toBe(true)

  const version = '1.1.0'
  const range = { from: LAST_YEAR - 50 * DAY, to: LAST_YEAR }
  const own = await shares({ ...range, where: { version } })
  const against = await shares({ ...range, compare: `release:${version}` })
  expect(against.map(([from, offset, , previous]) => [from, offset, previous])).toEqual(
    own.map(([from, offset, value]) => [from, offset, value]),
  )
  expect(own.some(([, , value]) => Number(value) > 0)).toBe(true)
})
