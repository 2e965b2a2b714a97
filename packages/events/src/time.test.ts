import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clockSkew, parseRfc3339 } from './time.ts'

describe('parseRfc3339', () => {
  it('reads what toISOString writes', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
        date => {
          expect(parseRfc3339(date.toISOString())).toBe(date.getTime())
        },
      ),
    )
  })
  it.each([
    ['2026-01-15T00:00:00-05:00', Date.parse('2026-01-15T05:00:00Z')],
    ['2026-01-15t00:00:00z', Date.parse('2026-01-15T00:00:00Z')],
    ['2026-01-15 00:00:00.5Z', Date.parse('2026-01-15T00:00:00.500Z')],
    ['2026-01-15T00:00:00.123456789+00:00', Date.parse('2026-01-15T00:00:00.123Z')],
    ['2016-12-31T23:59:60Z', Date.parse('2017-01-01T00:00:00Z')],
    ['2024-02-29T00:00:00.000Z', Date.parse('2024-02-29T00:00:00Z')],
  ])('reads %s', (text, time) => expect(parseRfc3339(text)).toBe(time))
  it.each([
    '',
    'yesterday',
    '2026-01-15',
    '2026-01-15T00:00:00',
    '2026-13-15T00:00:00Z',
    '2026-02-30T00:00:00.000Z',
    '2025-02-29T00:00:00Z',
    '2026-01-15T24:00:00.000Z',
    '2026-01-15T00:00:00.0x0Z',
    '2026-01-15T00:00:00+24:00',
    '1768453200000',
  ])('refuses %j', text => expect(parseRfc3339(text)).toBeNaN())
})

describe('clockSkew', () => {
  const now = 1_768_453_200_000
  it.each([
    ['no sent_at', null, 0],
    ['the way over the network', now - 800, 0],
    ['a clock an hour behind', now - 3_600_000, 3_600_000],
    ['a clock an hour ahead', now + 3_600_000, -3_600_000],
    ['a clock a day behind, and the way over the network', now - 86_400_800, 86_400_800],
    ['a body that lay about for days', now - 3 * 86_400_000, 0],
    ['nonsense', Number.NaN, 0],
  ])('of %s', (_, sentAt, skew) => expect(clockSkew(sentAt, now)).toBe(skew))
})
