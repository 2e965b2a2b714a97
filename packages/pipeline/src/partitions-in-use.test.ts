import type { EventLog } from '@northstar/event-log'
import { openEventLog } from '@northstar/event-log/open'
import { encodeSeed, encodeTally } from '@northstar/events'
import { createLogger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { eventually, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { growPartitions } from './growth.ts'
import { createDistribution, readPartitionsInUse, writePartitionsInUse } from './partitions-in-use.ts'

const DOCUMENT = 'log/partitions'
const logger = createLogger('silent', 'test')

let folder: TempFolder
let log: EventLog
let state: StateStore
beforeEach(async () => {
  folder = await tempFolder('partitions-in-use')
  log = await openEventLog({ product: 'test', folder: `${folder.path}/log`, partitions: 16 }, { logger, clientId: 'test' })
  state = openEmbeddedState({ path: `${folder.path}/state` })
})
afterEach(async () => {
  await Promise.all([log.close(), state.close()])
  await folder.remove()
})

const use = (...partitions: readonly number[]) => log.append(partitions.map(partition => ({ partition, ...encodeTally({}) })))
const countOf = async () => (await readPartitionsInUse(log, state)).count

test('a new log is used whole', async () => {
  expect(await countOf()).toBe(16)
})

test('after the state was lost as many partitions are used as have records, in the number from which the log can have grown', async () => {
  await use(0, 5)
  expect(await countOf()).toBe(8)
})

test('after the state was restored to before a growth the partitions with records stay in use', async () => {
  await writePartitionsInUse({ count: 4, heldUntil: 0 }, log, state)
  await use(0, 1, 2, 3)
  expect(await countOf()).toBe(4)
  await use(4, 5, 6, 7)
  expect(await countOf()).toBe(8)
  expect((await state.get(DOCUMENT))?.value).toMatchObject({ count: 8 })
})

test('seeds of a growth that was refused leave the number as it is', async () => {
  await writePartitionsInUse({ count: 4, heldUntil: 0 }, log, state)
  await log.append([4, 5, 6, 7].map(partition => ({ partition, ...encodeSeed(new Uint8Array(8)) })))
  expect(await countOf()).toBe(4)
})

test('a process that runs keeps its number, and writes it to a state that was lost or restored meanwhile', async () => {
  await writePartitionsInUse({ count: 8, heldUntil: 0 }, log, state)
  const distribution = createDistribution({ log, state, now: Date.now, logger })
  await distribution.start()
  try {
    for (const restore of [() => state.delete(DOCUMENT), () => writePartitionsInUse({ count: 4, heldUntil: 0 }, log, state)]) {
      await restore()
      await eventually(async () => (await state.get<{ count: number }>(DOCUMENT))?.value.count === 8)
      expect(distribution.partitions).toBe(8)
    }
  } finally {
    distribution.stop()
  }
})

test('a growth that is interrupted releases ingest and leaves the number as it is', async () => {
  await writePartitionsInUse({ count: 4, heldUntil: 0 }, log, state)
  const interruption = new AbortController()
  const deps = { log, state, groups: [], duplicateWindow: 8, now: Date.now, signal: interruption.signal }
  const growing = growPartitions(8, deps)
  await eventually(async () => (await readPartitionsInUse(log, state)).heldUntil > Date.now())
  interruption.abort()
  await expect(growing).rejects.toMatchObject({ code: 'interrupted' })
  expect(await readPartitionsInUse(log, state)).toMatchObject({ count: 4, heldUntil: 0 })
})
