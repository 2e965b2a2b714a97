import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DuplicateWindow } from './duplicates.ts'

/** A plain implementation of the window. */
function naive(capacity: number) {
  const seen: string[] = []
  return (hi: number, lo: number): boolean => {
    const id = `${hi}:${lo}`
    const repeated = seen.slice(Math.max(0, seen.length - capacity)).includes(id)
    seen.push(id)
    return repeated
  }
}

const word = fc.oneof(fc.nat(6), fc.constantFrom(0xffff_ffff, 0x8000_0000, 4096, 8192))

describe('DuplicateWindow', () => {
  it('answers as a list of the preceding ids would', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fc.tuple(word, word), { maxLength: 400 }), (capacity, ids) => {
        const window = new DuplicateWindow(capacity)
        const expected = naive(capacity)
        for (const [hi, lo] of ids) expect(window.add(hi, lo)).toBe(expected(hi, lo))
      }),
      { numRuns: 500 },
    )
  })

  it('answers alike while it grows and once it is full', () => {
    const window = new DuplicateWindow(10_000)
    const last = new Map<number, number>()
    let random = 12_345
    for (let position = 0; position < 60_000; position++) {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0
      const id = (random >>> 8) % 20_000
      const before = last.get(id)
      expect(window.add(id >>> 4, Math.imul(id, 0x9e3779b1) >>> 0)).toBe(before !== undefined && position - before <= 10_000)
      last.set(id, position)
    }
    expect(window.size).toBe(10_000)
  })

  it('answers alike when all identities have the same slot', () => {
    // Multipliers 1, so that words with a constant sum collide: what somebody could choose who knew the seed.
    const window = new DuplicateWindow(3_000, Uint32Array.of(0, 1, 0, 1))
    for (let i = 0; i < 9_000; i++) {
      expect(window.add(i, 0xffff_0000 - i)).toBe(false)
      if (i >= 3_000 && i % 100 === 0) expect(window.add(i - 1_000, 0xffff_0000 - i + 1_000)).toBe(true)
    }
  })

  it('takes no longer for identities that were chosen to collide than for others', () => {
    const secondsFor = (identity: (i: number) => readonly [hi: number, lo: number]) => {
      const window = new DuplicateWindow()
      const before = process.cpuUsage()
      for (let i = 0; i < 200_000; i++) window.add(...identity(i))
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1e6
    }
    const others = secondsFor(i => [Math.imul(i, 0x9e3779b1) >>> 0, Math.imul(i, 0x85ebca6b) >>> 0])
    const chosen = [
      secondsFor(i => [i, 0]),
      secondsFor(i => [0, i << 12]),
      secondsFor(i => [i, 0xffff_0000 - i]),
      secondsFor(i => [i << 11, i << 11]),
    ]
    for (const seconds of chosen) expect(seconds).toBeLessThan(Math.max(0.5, 5 * others))
  })

  it('is restored by reading from windowStart', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.array(fc.nat(25), { maxLength: 8 }), { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(25), { minLength: 1, maxLength: 40 }),
        (capacity, records, after) => {
          const window = new DuplicateWindow(capacity)
          records.forEach((ids, offset) => {
            window.beginRecord(offset)
            for (const id of ids) window.add(0, id)
          })
          const restored = new DuplicateWindow(capacity)
          const start = window.windowStart
          if (start === null) expect(records.every(ids => ids.length === 0)).toBe(true)
          else
            records.slice(start).forEach((ids, i) => {
              restored.beginRecord(start + i)
              for (const id of ids) restored.add(0, id)
            })
          for (const id of after) expect(restored.add(0, id)).toBe(window.add(0, id))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('names the latest record that holds the whole window', () => {
    const window = new DuplicateWindow(10)
    expect(window.windowStart).toBe(null)
    for (let offset = 100; offset < 120; offset++) {
      window.beginRecord(offset)
      for (let i = 0; i < 5; i++) window.add(offset, i)
    }
    expect(window.windowStart).toBe(118)
  })
})
