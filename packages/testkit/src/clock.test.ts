import { expect, test } from 'vitest'
import { createTestClock } from './clock.ts'

test('timers run at their own times, in order, with those that they set off', async () => {
  const clock = createTestClock('2026-01-15T00:00:00Z')
  const start = clock.now()
  const ran: [string, number][] = []
  clock.after(30, () => ran.push(['late', clock.now() - start]))
  clock.after(10, () => {
    ran.push(['early', clock.now() - start])
    clock.after(5, () => ran.push(['set off', clock.now() - start]))
  })
  const cancel = clock.after(20, () => ran.push(['cancelled', 0]))
  cancel()
  void clock.sleep(12).then(() => ran.push(['slept', clock.now() - start]))

  await clock.advance(29)
  expect(ran).toEqual([
    ['early', 10],
    ['slept', 12],
    ['set off', 15],
  ])
  expect(clock.pending).toBe(1)
  await clock.advance(1)
  expect(ran.at(-1)).toEqual(['late', 30])
  expect(clock.now() - start).toBe(30)
})
