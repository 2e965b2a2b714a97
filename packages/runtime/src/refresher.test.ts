import { eventually } from '@northstar/testkit'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { createRefresher, type Refresher } from './refresher.ts'

let lines: string[]
let refresher: Refresher | undefined
afterEach(() => refresher?.stop())

function createReader(read: () => Promise<void>, everyMs = 60_000): Refresher {
  lines = []
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line).msg) })
  refresher = createRefresher({ everyMs, read, failure: 'cannot read the keys', logger })
  return refresher
}

test('calls during a read join it', async () => {
  let reads = 0
  const { refresh } = createReader(async () => {
    reads++
  })
  await Promise.all([refresh(), refresh(), refresh()])
  expect(reads).toBe(1)
  await refresh()
  expect(reads).toBe(2)
})

test('a store that stays unavailable is logged once, and again after it answered', async () => {
  let down = true
  const { refresh } = createReader(async () => {
    if (down) throw new Error('no answer')
  })
  await refresh()
  await refresh()
  expect(lines).toEqual(['cannot read the keys'])
  down = false
  await refresh()
  down = true
  await refresh()
  expect(lines).toEqual(['cannot read the keys', 'cannot read the keys'])
})

test('a read that throws before its first wait does not reject either', async () => {
  const { refresh } = createReader(() => {
    throw new Error('closed')
  })
  await refresh()
  expect(lines).toEqual(['cannot read the keys'])
})

test('it reads at the interval until it is stopped', async () => {
  let reads = 0
  const { start, stop } = createReader(async () => {
    reads++
  }, 5)
  start()
  await eventually(() => reads > 2)
  stop()
  const stopped = reads
  let later = 0
  createReader(async () => {
    later++
  }, 5).start()
  await eventually(() => later > 2)
  expect(reads).toBe(stopped)
})
