import { expect, test } from 'vitest'
import type { SeriesPoint } from './api/types.ts'
import { verdictOf } from './verdict.ts'

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
