import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketExpiry, bucketSpan, pieces, RESOLUTIONS } from './buckets.ts'
import { bucketsOf } from './contract/plain-fold.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const NOON = Date.UTC(2026, 0, 20, 12)

test('a window consists of the coarsest buckets that fit', () => {
  expect(pieces({ from: NOON - 2 * HOUR - 20 * SECOND, to: NOON + MINUTE + 10 * SECOND }, NOON - HOUR)).toEqual([
    `10s:${NOON - 2 * HOUR - 20 * SECOND}`,
    `10s:${NOON - 2 * HOUR - 10 * SECOND}`,
    `1h:${NOON - 2 * HOUR}`,
    `1h:${NOON - HOUR}`,
    `1m:${NOON}`,
    `10s:${NOON + MINUTE}`,
  ])
  expect(pieces({ from: NOON, to: NOON }, NOON)).toEqual([])
})

test('a window is null if its ends are not borders of buckets, or its buckets have expired', () => {
  expect(pieces({ from: NOON - 1, to: NOON }, NOON)).toBeNull()
  expect(pieces({ from: NOON - HOUR, to: NOON - 5 * SECOND }, NOON)).toBeNull()
  expect(pieces({ from: NOON - 3 * HOUR - 10 * SECOND, to: NOON }, NOON)).toBeNull()
  expect(pieces({ from: NOON - 3 * HOUR - MINUTE, to: NOON }, NOON)).toHaveLength(4)
  expect(pieces({ from: NOON - 3 * DAY - MINUTE, to: NOON }, NOON)).toBeNull()
  expect(pieces({ from: NOON - 34 * DAY, to: NOON }, NOON)).toHaveLength(34 * 24)
  expect(pieces({ from: NOON - 36 * DAY, to: NOON }, NOON)).toBeNull()
})

test('an event is folded into the buckets that are kept at its arrival', () => {
  const names = (age: number) => bucketsOf(NOON - age, NOON).map(key => key.slice(0, key.indexOf(':')))
  expect(names(0)).toEqual(['10s', '1m', '1h'])
  expect(names(-5 * MINUTE)).toEqual(['10s', '1m', '1h'])
  expect(names(3 * HOUR)).toEqual(['1m', '1h'])
  expect(names(3 * DAY)).toEqual(['1h'])
  expect(names(36 * DAY)).toEqual([])
})

test('pieces cover the window without gaps, are kept, and have every event that has arrived', () => {
  const time = fc.integer({ min: -36 * 24 * 360, max: 60 }).map(tens => NOON + tens * 10 * SECOND)
  fc.assert(
    fc.property(time, time, fc.integer({ min: 0, max: DAY }), (one, other, offset) => {
      const window = { from: Math.min(one, other), to: Math.max(one, other) }
      const now = NOON + offset
      const cover = pieces(window, now)
      if (!cover) return
      let at = window.from
      for (const key of cover) {
        const span = bucketSpan(key)
        expect(span.from).toBe(at)
        expect(bucketExpiry(key)).toBeGreaterThan(now)
        expect(bucketsOf(span.from, now)).toContain(key)
        at = span.to
      }
      expect(at).toBe(window.to)
    }),
  )
})

test('lengths divide each other, and longer buckets are kept longer', () => {
  for (let i = 1; i < RESOLUTIONS.length; i++) {
    const [finer, coarser] = RESOLUTIONS.slice(i - 1, i + 1)
    expect((coarser?.lengthMs ?? 0) % (finer?.lengthMs ?? 1)).toBe(0)
    expect(coarser?.keptMs).toBeGreaterThan(finer?.keptMs ?? 0)
  }
})
