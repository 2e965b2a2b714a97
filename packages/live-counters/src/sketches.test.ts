import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seeded } from './contract/random-rows.ts'
import { binFromName, binName, binOf, binValue, DDSketch } from './ddsketch.ts'
import { HyperLogLog } from './hyperloglog.ts'

const word = (random: () => number) => Math.floor(random() * 2 ** 32)

describe('DDSketch', () => {
  test('a bin represents its values within 1%, and bins keep their order', () => {
    const value = fc.double({ min: -1e18, max: 1e18, noNaN: true })
    fc.assert(
      fc.property(value, value, (one, other) => {
        const bin = binOf(one)
        expect(binFromName(binName(bin))).toBe(bin)
        expect(Math.abs(binValue(bin) - one)).toBeLessThanOrEqual(Math.max(0.01 * (1 + 1e-9) * Math.abs(one), 1e-9))
        if (one < other) expect(bin).toBeLessThanOrEqual(binOf(other))
      }),
    )
  })

  test('the largest and smallest numbers have bins', () => {
    for (const value of [0, -0, 1e-300, 1e308, -1e308, Number.POSITIVE_INFINITY]) expect(Number.isSafeInteger(binOf(value))).toBe(true)
  })

  test('quantiles of merged sketches are within 1% of the values at their rank', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const [one, other] = [new DDSketch(), new DDSketch()]
          values.forEach((value, i) => {
            ;(i % 2 ? one : other).add(value)
          })
          one.merge(other)
          expect(one.count).toBe(values.length)
          const sorted = [...values].sort((a, b) => a - b)
          const rank = q * (values.length - 1)
          const low = sorted[Math.floor(rank)] ?? 0
          const exact = low + ((sorted[Math.ceil(rank)] ?? 0) - low) * (rank - Math.floor(rank))
          expect(Math.abs((one.quantile(q) ?? 0) - exact)).toBeLessThanOrEqual(0.01 * exact * (1 + 1e-9))
        },
      ),
    )
  })

  test('an empty sketch has no quantile', () => {
    expect(new DDSketch().quantile(0.5)).toBeNull()
  })
})

describe('HyperLogLog', () => {
  test('the error stays at its 0.81%, from few members to many', () => {
    const random = seeded(11)
    for (const [size, rounds] of [
      [10, 30],
      [1_000, 30],
      [4_000, 30],
      [20_000, 30],
      [60_000, 30],
      [300_000, 5],
    ] as const) {
      let squares = 0
      let sum = 0
      for (let round = 0; round < rounds; round++) {
        const sketch = new HyperLogLog()
        for (let i = 0; i < size; i++) sketch.add(word(random), word(random))
        const error = sketch.estimate() / size - 1
        squares += error ** 2
        sum += error
      }
      expect(Math.sqrt(squares / rounds)).toBeLessThan(0.0081 * 1.5)
      expect(Math.abs(sum / rounds)).toBeLessThan(0.0081)
    }
  })

  test('merging, storing and adding twice change nothing', () => {
    const random = seeded(3)
    for (const size of [0, 1, 100, 5_000, 50_000]) {
      const members = Array.from({ length: size }, () => [word(random), word(random)] as const)
      const [whole, left, right] = [new HyperLogLog(), new HyperLogLog(), new HyperLogLog()]
      members.forEach((member, i) => {
        whole.add(...member)
        expect(whole.add(...member)).toBe(false)
        if (i % 3 !== 0) left.add(...member)
        if (i % 3 !== 1) right.add(...member)
      })
      const merged = new HyperLogLog()
      merged.mergeBytes(left.toBytes())
      merged.mergeBytes(right.toBytes())
      left.merge(right)
      expect(left.toBytes()).toEqual(whole.toBytes())
      expect(merged.toBytes()).toEqual(whole.toBytes())
      expect(merged.estimate()).toBe(whole.estimate())
    }
    expect(new HyperLogLog().estimate()).toBe(0)
  })
})
