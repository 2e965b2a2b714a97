import { expect, test } from 'vitest'
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
