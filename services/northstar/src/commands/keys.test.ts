import { expect, test } from 'vitest'
import { shownExpiry } from './keys.ts'

test('the list of keys says which have expired, also today', () => {
  const at = '2026-01-15T12:00:00.000Z'
  expect(shownExpiry(at, Date.parse(at) - 1)).toBe('2026-01-15')
  expect(shownExpiry(at, Date.parse(at))).toBe('2026-01-15 (expired)')
})
