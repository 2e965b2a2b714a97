import { fileURLToPath } from 'node:url'
import { createCalendar, loadProduct, type Period } from '@northstar/catalogue'
import { describe, expect, test } from 'vitest'
import { changeOf, metricsSection, statusOf, targetFor } from './index.ts'
import type { Metric, Target } from './metric.ts'
import { createPoints } from './points.ts'
import { targetAnswer } from './status.ts'

const { catalogue } = loadProduct(fileURLToPath(new URL('../../../deploy/products/caro', import.meta.url)), { metrics: metricsSection })
const { launch } = catalogue.product
const calendar = createCalendar(catalogue.product)
const atLeast = (value: number, maxAllowed?: number): Target => ({
  value,
  direction: 'at_least',
  ...(maxAllowed !== undefined && { maxAllowed }),
})
const atMost = (value: number, maxAllowed?: number): Target => ({
  value,
  direction: 'at_most',
  ...(maxAllowed !== undefined && { maxAllowed }),
})

test.each<[number, Target, string]>([
  [350, atLeast(200), 'ahead'],
  [2000, atLeast(2000), 'on_target'],
  [100, atLeast(200), 'behind'],
  [0.1 + 0.2, atLeast(0.3), 'on_target'],
  [0.032, atMost(0.05), 'ahead'],
  [0.06, atMost(0.05), 'behind'],
  [0, atMost(0, 1), 'on_target'],
  [1, atMost(0, 1), 'behind'],
  [2, atMost(0, 1), 'off'],
  [40, atLeast(100, 50), 'off'],
])('%f against %o is %s', (value, target, status) => {
  expect(statusOf(value, target)).toBe(status)
})

const measured = (value: number | null, sample = 10) => ({ value, sample })

describe('the distance reads as on the dashboard', () => {
  test('75% ahead of 200 downloads', () => {
    expect(targetAnswer(measured(350), atLeast(200), 'count')).toMatchObject({ status: 'ahead', distance: 0.75 })
  })
  test('3 points ahead of an activation of 75%', () => {
    expect(targetAnswer(measured(0.78), atLeast(0.75), 'ratio').distance).toBeCloseTo(0.03)
  })
  test('below 50 ms is the good side', () => {
    expect(targetAnswer(measured(45), atMost(50), 'ms').distance).toBeCloseTo(0.1)
  })
  test('from a target of 0 bugs it is the number of bugs', () => {
    expect(targetAnswer(measured(2), atMost(0, 1), 'count')).toMatchObject({ status: 'off', distance: -2, max_allowed: 1 })
  })
  test('a sample below the minimum has no verdict', () => {
    const target = { ...atLeast(0.75), minSample: 10 }
    expect(targetAnswer(measured(0, 9), target, 'ratio')).toEqual({
      value: 0.75,
      direction: 'at_least',
      min_sample: 10,
      status: 'not_enough_data',
    })
    expect(targetAnswer(measured(0, 10), target, 'ratio')).toMatchObject({ status: 'behind', distance: -0.75 })
  })
  test('without a value there is none', () => {
    expect(targetAnswer(measured(null), atLeast(1), 'count')).toEqual({ value: 1, direction: 'at_least' })
  })
})

test('changes', () => {
  expect(changeOf(250, 150, 'count')).toBeCloseTo(0.667, 3)
  expect(changeOf(0.78, 0.75, 'ratio')).toBeCloseTo(0.03)
  expect([changeOf(5, 0, 'count'), changeOf(null, 1, 'count'), changeOf(1, null, 'count')]).toEqual([null, null, null])
})

describe('which target counts', () => {
  const at = (
    name: string,
    period: Period,
    from: string,
    to: string,
    by?: Record<string, string | number>,
    where: Metric['where'] = [],
  ) => {
    const metric = catalogue.metrics.get(name)
    if (!metric) throw new RangeError(name)
    return targetFor(metric, calendar, launch, {
      period,
      span: { from: calendar.startOf(from), to: calendar.startOf(to) },
      where,
      ...(by && { by }),
    })?.value
  }
  test('of the week', () => {
    expect(at('downloads', 'week', '2026-01-15', '2026-01-22')).toBe(200)
    expect(at('downloads', 'week', '2026-02-05', '2026-02-12')).toBe(100)
    expect(at('downloads', 'week', '2026-02-12', '2026-02-19')).toBeUndefined()
    expect(at('downloads', 'week', '2026-01-08', '2026-01-15')).toBeUndefined()
    expect(at('downloads', 'calendar_week', '2026-01-19', '2026-01-26')).toBeUndefined()
  })
  test('of the four weeks together, and of no other span', () => {
    expect(at('downloads', 'total', '2026-01-15', '2026-02-12')).toBe(570)
    expect(at('downloads', 'total', '2026-01-15', '2026-02-11')).toBeUndefined()
    expect(at('downloads', 'total', '2026-01-16', '2026-02-12')).toBeUndefined()
  })
  test('the one for any period, without one for the period', () => {
    expect(at('error_rate', 'day', '2026-01-15', '2026-01-16')).toBe(0.05)
    expect(at('error_rate', 'total', '2026-01-15', '2026-01-16')).toBe(0.05)
  })
  test('a member has its own, never that of the whole', () => {
    expect(at('error_rate', 'day', '2026-01-15', '2026-01-16', { error_type: 'llm_error' })).toBe(0.02)
    expect(at('error_rate', 'day', '2026-01-15', '2026-01-16', { error_type: 'other' })).toBeUndefined()
    expect(at('downloads', 'week', '2026-01-15', '2026-01-22', { channel: 'github' })).toBeUndefined()
    expect(at('retention', 'week', '2026-01-15', '2026-01-22', { offset: 2 })).toBe(0.5)
    expect(at('user_segments', 'week', '2026-01-15', '2026-01-22', { segment: 'power' })).toBe(0.1)
  })
  test('a filter on one value is its member', () => {
    const where = [{ property: 'query_complexity', op: 'in', values: ['medium'] }] as const
    expect(at('response_time_p95', 'day', '2026-01-15', '2026-01-16', undefined, where)).toBe(400)
    expect(at('response_time_p95', 'day', '2026-01-15', '2026-01-16')).toBeUndefined()
    expect(
      at('success_rate', 'day', '2026-01-15', '2026-01-16', undefined, [{ property: 'category', op: 'in', values: ['a'] }]),
    ).toBeUndefined()
  })
})

test('an unfinished period has its target but no verdict, whatever its value', () => {
  const metric = catalogue.metrics.get('downloads') as Metric
  const span = { from: calendar.startOf(launch), to: calendar.startOf(launch) + 7 * 86_400_000, whole: true }
  const pointAt = (time: number, period: Period = 'week') =>
    createPoints(catalogue, calendar, () => time)({ metric, period, span, filters: [], by: undefined, cell: { value: 900, sample: 900 } })
  expect(pointAt(span.to - 1)).toMatchObject({ complete: false, value: 900 })
  expect(pointAt(span.to - 1).target).toEqual({ value: expect.any(Number), direction: 'at_least' })
  expect(pointAt(span.to)).toMatchObject({ complete: true, target: { status: 'ahead' } })
})
