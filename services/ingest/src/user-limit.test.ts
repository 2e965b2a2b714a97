import { expect, test } from 'vitest'
import { createUserLimit } from './user-limit.ts'

const user = (n: number) => ({ high: n, low: n * 4_096 })

test('admits users up to the limit, those again all day, and others on the next day', () => {
  let now = Date.parse('2026-02-01T10:00:00Z')
  const limit = createUserLimit(() => now)
  const admits = (...users: readonly number[]) => users.map(n => limit.admits(user(n), 2))
  expect(admits(1, 2, 3, 1, 2)).toEqual([true, true, false, true, true])
  now = Date.parse('2026-02-02T00:00:00Z')
  expect(admits(3, 1, 2)).toEqual([true, true, false])
})

test('an event without a user does not count towards the limit', () => {
  const limit = createUserLimit(() => 0)
  expect([limit.admits({ high: 0, low: 0 }, 0), limit.admits(user(1), 0)]).toEqual([true, false])
})
