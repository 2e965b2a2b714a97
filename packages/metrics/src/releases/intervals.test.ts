import { describe, expect, test } from 'vitest'
import { random } from '../contract/random-events.ts'
import { differenceOfProportions, differenceOfQuantiles, type Interval, levelsAround, wilson } from './intervals.ts'
import { verdictOf } from './verdict.ts'

const TRIALS = 10_000

/** The share of seeded trials in which the interval holds the truth. */
function coverage(seed: number, truth: number, trial: (r: () => number) => Interval | null): number {
  const r = random(seed)
  let held = 0
  for (let i = 0; i < TRIALS; i++) {
    const interval = trial(r)
    if (interval && interval[0] <= truth && truth <= interval[1]) held++
  }
  return held / TRIALS
}

const binomial = (r: () => number, total: number, p: number) => {
  let count = 0
  for (let i = 0; i < total; i++) if (r() < p) count++
  return { count, total }
}
/** Exponential values, skewed as times are, in order: each lies above the one before by an exponential step (Rényi 1953). */
function sortedExponentials(r: () => number, size: number): number[] {
  let value = 0
  return Array.from({ length: size }, (_, i) => {
    value -= Math.log(1 - r()) / (size - i)
    return value
  })
}

function valueAt(sorted: readonly number[], level: number): number {
  const rank = level * (sorted.length - 1)
  const low = sorted[Math.floor(rank)] ?? Number.NaN
  return low + ((sorted[Math.ceil(rank)] ?? low) - low) * (rank - Math.floor(rank))
}

describe('95% intervals hold the truth in 94 to 96% of seeded trials', () => {
  test.each([
    [0.5, 200, 0.5, 200],
    [0.1, 400, 0.15, 300],
    [0.02, 800, 0.03, 800],
    [0.85, 150, 0.8, 600],
  ])('proportions %d of %i against %d of %i', (p, n, q, m) => {
    const held = coverage(1, p - q, r => differenceOfProportions(binomial(r, n, p), binomial(r, m, q)))
    expect(held).toBeGreaterThanOrEqual(0.94)
    expect(held).toBeLessThanOrEqual(0.96)
  })

  test.each([
    [0.5, 200, 300],
    [0.95, 500, 800],
  ])('quantile %d of %i values against that of %i', (level, n, m) => {
    const estimate = (r: () => number, size: number, scale: number) => {
      const values = sortedExponentials(r, size)
      const levels = levelsAround(level, size)
      if (!levels) return null
      const at = (one: number) => scale * valueAt(values, one)
      return { value: at(level), interval: [at(levels[0]), at(levels[1])] as Interval }
    }
    const truth = -Math.log(1 - level) * (1 - 1.2)
    const held = coverage(2, truth, r => {
      const [one, other] = [estimate(r, n, 1), estimate(r, m, 1.2)]
      return one && other && differenceOfQuantiles(one, other)
    })
    expect(held).toBeGreaterThanOrEqual(0.94)
    expect(held).toBeLessThanOrEqual(0.96)
  })
})

test("Newcombe's own example: 56 of 70 against 48 of 80", () => {
  const [low, high] = differenceOfProportions({ count: 56, total: 70 }, { count: 48, total: 80 })
  expect(low).toBeCloseTo(0.0524, 4)
  expect(high).toBeCloseTo(0.3339, 4)
})

test('nothing and everything have intervals within 0 and 1', () => {
  expect(wilson({ count: 0, total: 10 })[0]).toBe(0)
  expect(wilson({ count: 10, total: 10 })[1]).toBe(1)
  expect(differenceOfProportions({ count: 0, total: 50 }, { count: 0, total: 50 })).toEqual([expect.any(Number), expect.any(Number)])
})

test('few values have no interval around a high percentile', () => {
  expect(levelsAround(0.99, 100)).toBeNull()
  expect(levelsAround(0.99, 10_000)).not.toBeNull()
})

test.each([
  [[0.01, 0.03], 'at_most', [100, 100], 'worse'],
  [[0.01, 0.03], 'at_least', [100, 100], 'better'],
  [[-0.03, -0.01], 'at_most', [100, 100], 'better'],
  [[-0.03, -0.01], 'at_least', [100, 100], 'worse'],
  [[-0.01, 0.03], 'at_most', [100, 100], 'no_difference'],
  [[0.01, 0.03], 'at_most', [29, 1_000], 'not_enough_data'],
  [null, 'at_most', [100, 100], 'not_enough_data'],
] as const)('an interval %j where %s is good, of samples %j: %s', (interval, direction, samples, verdict) => {
  expect(verdictOf(interval, direction, samples)).toBe(verdict)
})
