import type { Period } from '@northstar/catalogue'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CohortPoint, SeriesPoint } from './answer.ts'
import { loadContractProduct, type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { randomEvents } from './contract/random-events.ts'
import { createMetricReader, type MetricReader, metricRollups } from './index.ts'

const catalogue = await loadContractProduct()
const DAY = 86_400_000
const from = Date.parse('2026-01-10T00:00:00Z')
const now = Date.parse('2026-03-09T15:30:00Z')

let product: MeasuredProduct
let reader: MetricReader

beforeAll(async () => {
  const rows = randomEvents(3, from, now, 40)
  // So few that some periods have more values.
  const reading = { exactUpTo: 200 }
  product = await measureProduct({ product: catalogue, rows, now, reading, definitions: () => ({ rollups: metricRollups(catalogue) }) })
  reader = product.reader
})

afterAll(() => product?.close())

type Point = SeriesPoint & Partial<CohortPoint>
const keyOf = (point: Point) => JSON.stringify([point.from, point.to, point.by ?? null, point.cohort ?? null])

/** The points of an answer whose periods, and their cohorts', are whole. */
async function wholePoints(metric: string, period: Period, start: number, end: number, by?: string) {
  const question = { metric, from: start, to: end, period, source: 'warehouse', compare: 'previous', ...(by && { by }) } as const
  const { points } = await reader.read(question)
  const whole = (point: Point) => {
    const spans = reader.calendar.spans(period, start, end)
    const cohort = point.cohort === undefined ? point.from : new Date(reader.calendar.startOf(point.cohort)).toISOString()
    return [point.from, cohort].every(begin => spans.some(span => span.whole && span.from === Date.parse(begin)))
  }
  return new Map((points as readonly Point[]).filter(whole).map(point => [keyOf(point), point]))
}

describe.each([...catalogue.metrics.values()])('$name', ({ name, by, kind }) => {
  test('a period is the same, its predecessor and change too, whatever span it is asked within', async () => {
    const time = fc
      .integer({ min: 0, max: Math.floor((now - from) / 3_600_000) + 48 })
      .map(hours => from - DAY + hours * 3_600_000 + (hours % 3) * 1_234_567)
    const period = fc.constantFrom<Period>('week', 'day', 'calendar_week', 'month', 'quarter')
    await fc.assert(
      fc.asyncProperty(time, time, period, fc.constantFrom(undefined, ...by), async (one, other, unit, dimension) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other) + 1]
        const part = await wholePoints(name, unit, start, end, dimension)
        // Asked within more: a breakdown then has more members, a cohort is followed as far.
        const all = await wholePoints(name, unit, from - 40 * DAY, kind === 'retention' ? end : now + 40 * DAY, dimension)
        for (const [key, point] of part) expect(all.get(key), key).toEqual(point)
      }),
      { numRuns: 3, seed: 7 },
    )
  })
})

test('a period that runs is compared with the same part of the period before', async () => {
  const week = reader.calendar.periodAt('week', now)
  const before = reader.calendar.before('week', week)
  const value = async (start: number, end: number, period: Period) =>
    (await reader.read({ metric: 'commands', from: start, to: end, period, source: 'warehouse', compare: 'previous' })).points[0]
  const running = await value(week.from, week.to, 'week')
  const part = await value(before.from, before.from + (now - week.from), 'total')
  expect(running?.previous).toBe(part?.value)
  expect(running?.previous).not.toBe((await value(before.from, before.to, 'total'))?.value)
})

test('spans that begin before 1970 are answered, and those that cannot be stored are refused in words', async () => {
  for (const metric of ['bugs_open', 'time_to_fix', 'activation_rate', 'user_segments', 'commands', 'github_stars', 'churn_rate']) {
    const read = async (start: number) =>
      (await reader.read({ metric, from: start, to: now, period: 'total' })).points.map(point => [point.by, point.value, point.sample])
    expect(await read(Date.parse('1969-12-31T00:00:00Z')), metric).toEqual(await read(Date.parse('2000-01-01T00:00:00Z')))
  }
  const question = { metric: 'commands', to: now, period: 'week' } as const
  await expect(reader.read({ ...question, from: Date.parse('1600-01-01T00:00:00Z') })).rejects.toMatchObject({ code: 'bad_range' })
})

test('an activation is complete when no user can complete it in time any more', async () => {
  const day = reader.calendar.periodAt('day', now - 2 * DAY)
  const complete = async (metric: string, time: number) => {
    const then = product.readerWith({ now: () => time })
    return (await then.read({ metric, ...day, period: 'day' })).points[0]?.complete
  }
  expect([await complete('activation_rate', day.to + DAY - 1), await complete('activation_rate', day.to + DAY)]).toEqual([false, true])
  expect(await complete('commands', day.to)).toBe(true)
})

test('cohorts of hours are distinct', async () => {
  const { points } = await reader.read({ metric: 'retention', from: now - 6 * 3_600_000, to: now, period: 'hour' })
  const cohorts = new Set((points as readonly CohortPoint[]).map(point => point.cohort))
  expect(cohorts.size).toBe(7)
})

test('a value that the column cannot hold is refused, not an error of the engine', async () => {
  for (const rating of ['4.5', '1e300', 'Infinity', '9007199254740993', 'NaN', '']) {
    const question = { metric: 'csat', from, to: now, period: 'total', where: { rating } } as const
    await expect(reader.read(question), rating).rejects.toMatchObject({ code: 'unknown_value' })
  }
  await expect(reader.read({ metric: 'csat', from, to: now, period: 'total', where: { rating: '4' } })).resolves.toBeDefined()
})

test('a question of very many periods lets other work go on meanwhile', async () => {
  const question = {
    metric: 'downloads',
    from: Date.parse('1975-01-01'),
    to: Date.parse('2025-01-01'),
    period: 'day',
    source: 'warehouse',
    compare: 'previous',
  } as const
  let [turns, running] = [0, true]
  const count = () => {
    turns++
    if (running) setImmediate(count)
  }
  setImmediate(count)
  const idle = createMetricReader({ catalogue, query: async () => [], now: () => now })
  const { points } = await idle.read(question)
  running = false
  expect(points.length).toBeGreaterThan(18_000)
  expect(turns).toBeGreaterThan(20)
  await expect(idle.read({ ...question, from: Date.parse('1901-01-01') })).rejects.toMatchObject({
    code: 'too_much',
    message: expect.stringContaining('at most 20000'),
  })
})
