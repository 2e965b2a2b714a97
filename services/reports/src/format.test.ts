import { expect, it } from 'vitest'
import { formatChange } from './format.ts'
import type { Figure } from './report.ts'

const figure = (change: number | null, unit: Figure['unit'] = 'count'): Figure => ({
  title: 'Downloads',
  metric: 'downloads',
  unit,
  period: 'week',
  value: 1,
  change,
})

it.each([
  [0.666, 'count', '+67%'],
  [-0.0769, 'count', '−7.7%'],
  [0.00029, 'ms', '±0%'],
  [-0.0011, 'ms', '−0.1%'],
  [0, 'count', '±0%'],
  [0.0001, 'ratio', '+0.01 pp'],
  [0.00001, 'ratio', '±0 pp'],
  [-0.026, 'ratio', '−2.6 pp'],
  [null, 'count', null],
] as const)('a change by %s of a %s reads %s', (change, unit, expected) => {
  expect(formatChange(figure(change, unit))).toBe(expected)
})
