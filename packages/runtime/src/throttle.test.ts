import { expect, test } from 'vitest'
import { networkOf } from './request-origin.ts'
import { createThrottle } from './throttle.ts'

const throttleOf = (time: { now: number }) => {
  const waits: number[] = []
  const sleep = async (ms: number) => void waits.push(ms)
  return { waits, ...createThrottle({ now: () => time.now, sleep }) }
}

test('each further failure of a key makes its next try wait longer, up to two seconds, and none is refused', async () => {
  const { waits, pass, failed } = throttleOf({ now: 0 })
  for (let i = 0; i < 60; i++) {
    await pass(['name a', 'address b'])
    failed(['name a', 'address b'])
  }
  expect(waits.slice(0, 4)).toEqual([50, 100, 200, 400])
  expect(Math.max(...waits)).toBe(2_000)
})

test('failures of one key do not slow down another, and are forgotten after a success or a quarter of an hour', async () => {
  const time = { now: 0 }
  const { waits, pass, failed, succeeded } = throttleOf(time)
  for (let i = 0; i < 10; i++) failed(['a'])
  await pass(['b'])
  expect(waits).toEqual([])
  time.now = 15 * 60_000
  await pass(['a'])
  expect(waits).toEqual([])
  for (let i = 0; i < 10; i++) failed(['a'])
  succeeded(['a'])
  await pass(['a'])
  expect(waits).toEqual([])
})

test('attempts of one address that wait do not keep another address from trying the same name', async () => {
  const released: (() => void)[] = []
  const { pass, failed } = createThrottle({ now: () => 0, sleep: () => new Promise<void>(resolve => released.push(resolve)) })
  for (let i = 0; i < 10; i++) failed(['name ada', 'address of a guesser'])
  const attempts = Array.from({ length: 100 }, () => pass(['name ada', 'address of a guesser']))
  const outcomes = Promise.allSettled(attempts)
  const own = pass(['name ada', 'address of ada'])
  for (const release of released) release()
  await own
  const refused = (await outcomes).filter(({ status }) => status === 'rejected')
  expect(refused.length).toBe(80)
  expect(refused[0]).toMatchObject({ reason: { problem: { status: 429 } } })
})

test.each([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
  ['2001:DB8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('failures from %s count for %s: one sender has all addresses of a /64', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
