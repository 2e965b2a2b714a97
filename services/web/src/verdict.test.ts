import { expect, test } from 'vitest'
import type { SeriesPoint } from './api/types.ts'
import { membersVerdict, verdictOf } from './verdict.ts'

const DEFINITION = { accumulates: false, unit: 'count' } as const

function pointOf(target: SeriesPoint['target']): SeriesPoint {
  return { from: '2026-01-15T00:00:00Z', to: '2026-01-22T00:00:00Z', value: 0, previous: 0, sample: 0, complete: true, target }
}

test.each([
  ['not_enough_data', 'Not enough data'],
  ['ahead', 'Within target'],
  ['on_target', 'On target'],
  ['behind', 'Above target'],
  ['off', 'Over the limit'],
] as const)('a limit with the status %s reads "%s"', (status, word) => {
  expect(verdictOf(pointOf({ value: 17, direction: 'at_most', status, distance: 1 }), DEFINITION)?.word).toBe(word)
})

test.each([
  [['ahead', 'on_target'], 'good', '2 of 2 targets met'],
  [['ahead', 'off', 'not_enough_data'], 'warn', '1 of 2 targets met'],
  [['not_enough_data'], 'plain', 'Not enough data'],
] as const)('members with the statuses %j read "%s"', (statuses, tone, word) => {
  const points = statuses.map(status => pointOf({ value: 17, direction: 'at_most', status, distance: 1 }))
  expect(membersVerdict([...points, undefined])).toEqual({ tone, word })
})
