import { expect, test } from 'vitest'
import type { Identity } from './access.ts'
import { createShares } from './shares.ts'

const caller = (name: string): Identity => ({ role: 'read', sensitive: false, via: 'session', name, subject: { kind: 'user', name } })

test('one caller’s questions wait for each other, not for others’, and too many are refused', async () => {
  const shares = createShares({ atOnce: 2, waiting: 3 })
  const ends: (() => void)[] = []
  const long = (name: string) => shares.run(caller(name), () => new Promise<void>(resolve => ends.push(resolve)))
  const anns = Array.from({ length: 5 }, () => long('ann'))
  await expect(long('ann')).rejects.toMatchObject({ problem: { status: 429 } })
  expect(await shares.run(caller('ben'), async () => 'answer')).toBe('answer')
  expect(ends).toHaveLength(2)
  while (ends.length > 0) {
    ends.shift()?.()
    await new Promise(resolve => setImmediate(resolve))
  }
  await Promise.all(anns)
  await expect(shares.run(caller('ann'), () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(await shares.run(caller('ann'), async () => 'free again')).toBe('free again')
})
