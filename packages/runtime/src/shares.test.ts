import { expect, test } from 'vitest'
import type { Identity } from './access.ts'
import { createShares, type ShareRequest } from './shares.ts'

const caller = (name: string): Identity => ({ role: 'read', sensitive: false, via: 'session', name, subject: { kind: 'user', name } })
const request = (name: string, disconnected = new AbortController().signal): ShareRequest => ({ caller: caller(name), disconnected })
const turn = () => new Promise(resolve => setImmediate(resolve))

test('one caller’s questions wait for each other, not for others’, and too many are refused', async () => {
  const shares = createShares({ atOnce: 2, waiting: 3 })
  const ends: (() => void)[] = []
  const long = (name: string) => shares.run(request(name), () => new Promise<void>(resolve => ends.push(resolve)))
  const anns = Array.from({ length: 5 }, () => long('ann'))
  await expect(long('ann')).rejects.toMatchObject({ problem: { status: 429 } })
  expect(await shares.run(request('ben'), async () => 'answer')).toBe('answer')
  expect(ends).toHaveLength(2)
  while (ends.length > 0) {
    ends.shift()?.()
    await turn()
  }
  await Promise.all(anns)
  await expect(shares.run(request('ann'), () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
  expect(await shares.run(request('ann'), async () => 'free again')).toBe('free again')
})

test('a question whose client has gone leaves the queue, so that the caller’s next page is neither refused nor delayed', async () => {
  const shares = createShares({ atOnce: 1, waiting: 3 })
  let end = () => {}
  const running = shares.run(request('ann'), () => new Promise<void>(resolve => (end = resolve)))
  const page = new AbortController()
  const begun: string[] = []
  const left = Array.from({ length: 3 }, () => shares.run(request('ann', page.signal), async () => begun.push('left')))
  const outcomes = Promise.allSettled(left)
  page.abort()
  expect((await outcomes).map(one => one.status)).toEqual(['rejected', 'rejected', 'rejected'])
  const next = shares.run(request('ann'), async () => begun.push('next'))
  end()
  await Promise.all([running, next])
  expect(begun).toEqual(['next'])
  await expect(shares.run(request('ann', page.signal), async () => begun.push('left'))).rejects.toMatchObject({ problem: { status: 499 } })
  expect(begun).toEqual(['next'])
})
