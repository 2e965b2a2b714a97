import { expect, test } from 'vitest'
import { unknownPoint } from './unknown.ts'

const NOON = '2026-02-01T12:00:00.000Z'
const point = {
  from: '2026-02-02T05:00:00.000Z',
  to: '2026-02-03T05:00:00.000Z',
  complete: true,
  value: 0,
  sample: 0,
  target: { value: 10, direction: 'at_least' as const, status: 'behind' as const, distance: -1 },
  previous: 3,
  change: -1,
}
const reason = 'collector registry failed'
const unknown = { ...point, value: null, change: null, target: { value: 10, direction: 'at_least' } }

test('a point without a sample has no value, verdict or change once its metric is unknown', () => {
  expect(unknownPoint(point, undefined)).toBe(point)
  expect(unknownPoint(point, { since: null, reason })).toEqual(unknown)
  expect(unknownPoint(point, { since: NOON, reason })).toEqual(unknown)
})

test('what was measured, and what lies before, stays', () => {
  const measured = { ...point, value: 2, sample: 2 }
  expect(unknownPoint(measured, { since: null, reason })).toBe(measured)
  expect(unknownPoint(point, { since: point.to, reason })).toBe(point)
})
