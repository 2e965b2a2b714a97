import { expect, test } from 'vitest'
import type { MetricAnswer } from './api/types.ts'
import { seriesOf } from './series.ts'

function answerOf(...members: readonly (readonly [category: string | null, value: number])[]): MetricAnswer {
  const span = { from: '2026-01-15T05:00:00.000Z', to: '2026-01-22T05:00:00.000Z', complete: true, previous: null }
  return {
    metric: 'commands',
    unit: 'count',
    timezone: 'UTC',
    period: 'week',
    source: 'warehouse',
    points: members.map(([category, value]) => ({ ...span, by: { category }, value, sample: value })),
  }
}

const lines = (answer: MetricAnswer) => {
  const { names, rows } = seriesOf(answer, 'UTC')
  return names.map((name, line) => [name, rows[0]?.values[line]])
}

test('the largest member comes first and (other) last', () => {
  expect(lines(answerOf(['a', 1], ['b', 3], ['(other)', 9], [null, 2]))).toEqual([
    ['B', 3],
    ['(none)', 2],
    ['A', 1],
    ['(other)', 9],
  ])
})

test('members whose titles read alike keep a line each, under their own names', () => {
  expect(lines(answerOf(['file_ops', 5], ['file ops', 4], ['git', 3]))).toEqual([
    ['file_ops', 5],
    ['file ops', 4],
    ['Git', 3],
  ])
})

test.each([
  ['week', 'Jan 15'],
  ['month', 'Jan 2026'],
  ['quarter', 'Q1 2026'],
  ['year', '2026'],
] as const)('a %s is named %s at the axis', (period, label) => {
  expect(seriesOf({ ...answerOf(['a', 1]), period }, 'UTC').rows[0]?.label).toBe(label)
})

test('a member with the name (none) is not the absent one', () => {
  expect(lines(answerOf([null, 5], ['(none)', 4]))).toEqual([
    ['(none)', 5],
    ['"(none)"', 4],
  ])
})
