import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exactSum } from './contract/rational-sum.ts'
import { addLimbs, ExactSum, limbFromName, limbName } from './exact-sum.ts'

function summed(values: readonly number[], cut: number): number {
  const sum = new ExactSum()
  for (const part of [values.slice(0, cut), values.slice(cut)]) {
    const limbs = new Map<number, number>()
    for (const value of part) addLimbs(limbs, value)
    for (const [limb, amount] of limbs) sum.addLimb(limbFromName(limbName(limb)), amount)
  }
  return sum.value()
}

test('a sum is the double nearest to the exact sum, in any order and any batches', () => {
  const value = fc.oneof(
    fc.double({ min: -1e18, max: 1e18, noNaN: true }).filter(v => v === 0 || Math.abs(v) > 1e-20),
    fc.integer({ min: -1_000_000, max: 1_000_000 }).map(n => n / 1_000),
    fc.constantFrom(0.0004, 1e13 + 0.001, -1e18, 1e18, 5e-19, 0, -0),
  )
  fc.assert(
    fc.property(fc.array(value, { maxLength: 60 }), fc.nat(60), (values, cut) => {
      const want = exactSum(values)
      expect(summed(values, cut) + 0).toBe(want + 0)
      expect(summed(values.toReversed(), cut) + 0).toBe(want + 0)
    }),
    { numRuns: 500 },
  )
})

test('small values are not lost in sums with large ones', () => {
  expect(summed(Array(1_000).fill(0.0004), 500)).toBe(exactSum(Array(1_000).fill(0.0004)))
  expect(summed([1e18, 0.25, -1e18], 1)).toBe(0.25)
  expect(summed([0.1, 0.2, -0.3], 2)).toBe(2 ** -55)
})

test('the largest double has limbs; values below the resolution count as 0', () => {
  const limbs = new Map<number, number>()
  addLimbs(limbs, Number.MAX_VALUE)
  expect([...limbs.values()].every(Number.isSafeInteger)).toBe(true)
  expect(summed([5e-324, 1e-40, -1e-40], 1)).toBe(0)
})
