import { expect, test } from 'vitest'
import { createProgressMonitor } from './progress-monitor.ts'

test('a partition that fails, or works for long, without progress is named with its reason; one that waits is not', () => {
  let now = 0
  const monitor = createProgressMonitor(() => now)
  const [first, second] = [monitor.claim(0), monitor.claim(1)]
  second.waiting()
  first.failing(new Error('Redis refused the command'))
  expect(monitor.health().healthy).toBe(true)
  now = 12_000
  first.failing(new Error('Redis refused the command'))
  expect(monitor.health()).toEqual({ healthy: false, reason: 'partition 0 made no progress for 12 s: Redis refused the command' })
  first.working()
  second.working()
  now += 59_000
  expect(monitor.health().healthy).toBe(true)
  now += 2_000
  expect(monitor.health().reason).toBe(
    'partition 0 made no progress for 61 s: its batch is still being processed; partition 1 made no progress for 61 s: its batch is still being processed',
  )
  first.waiting()
  second.end()
  expect(monitor.health()).toEqual({ healthy: true, reason: 'every partition makes progress' })
})
