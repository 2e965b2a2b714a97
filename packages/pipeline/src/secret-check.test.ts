import { type EventLog, LogUnavailable } from '@northstar/event-log'
import { openEventLog } from '@northstar/event-log/open'
import { createSecretMark, encodeTally } from '@northstar/events'
import { createLogger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createSecretCheck } from './secret-check.ts'

const [SECRET, OTHER] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)]

let folder: TempFolder
let log: EventLog
let state: StateStore
beforeEach(async () => {
  folder = await tempFolder('secret-check')
  log = await openEventLog(
    { product: 'test', folder: `${folder.path}/log`, partitions: 2 },
    { logger: createLogger('silent', 'test'), clientId: 'test' },
  )
  state = openEmbeddedState({ path: `${folder.path}/state` })
})
afterEach(async () => {
  await Promise.all([log.close(), state.close()])
  await folder.remove()
})

const start = (secret: Uint8Array, over: Partial<Parameters<typeof createSecretCheck>[0]> = {}) => {
  const check = createSecretCheck({ secret, log, state, publishes: true, ...over })
  return check.start().finally(() => check.stop())
}

test('another secret is refused in every role, by the state', async () => {
  await start(SECRET)
  for (const publishes of [true, false]) await expect(start(OTHER, { publishes })).rejects.toMatchObject({ code: 'secret_changed' })
  await start(SECRET)
})

test('another secret is refused by the records of the log when the state was lost, and the right one is recorded again', async () => {
  await log.append([{ partition: 1, ...createSecretMark(SECRET)(encodeTally({})) }])
  await expect(start(OTHER)).rejects.toThrow(/set NORTHSTAR_SECRET/)
  await start(SECRET)
  await log.close()
  log = await openEventLog(
    { product: 'test', folder: `${folder.path}/empty`, partitions: 1 },
    { logger: createLogger('silent', 'test'), clientId: 'test' },
  )
  await expect(start(OTHER)).rejects.toMatchObject({ code: 'secret_changed' })
})

test('while the log does not answer, only a process that publishes is refused; the others end once it answers', async () => {
  await start(SECRET)
  let down = true
  const bounds: EventLog['bounds'] = () => (down ? Promise.reject(new LogUnavailable('the broker is away')) : log.bounds())
  const away = { ...log, bounds, scan: log.scan.bind(log) }
  await expect(start(SECRET, { log: away })).rejects.toMatchObject({ name: 'LogUnavailable' })
  const check = createSecretCheck({ secret: OTHER, log: away, state, publishes: false })
  await check.start()
  down = false
  await expect(check.failed).rejects.toMatchObject({ code: 'secret_changed' })
  await check.stop()
})
