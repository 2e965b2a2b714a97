import { expect, test } from 'vitest'
import { createQuota } from './quota.ts'

test('a clock that is set back an hour takes no tokens away', () => {
  let now = Date.parse('2026-01-20T12:00:00Z')
  const quota = createQuota(() => now)
  expect(quota.acquire(10, 100)).toBe(0)
  now -= 3_600_000
  expect(quota.acquire(10, 100)).toBe(0)
  now += 1_000
  expect(quota.acquire(200, 100)).toBe(0)
})
