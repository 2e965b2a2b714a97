import { openEventLog } from '@northstar/event-log/open'
import { encodeTally } from '@northstar/events'
import { openLiveCounters } from '@northstar/live-counters/open'
import { createLogger, createMetrics } from '@northstar/runtime'
import { eventually, tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { createGroupWatch } from './group-watch.ts'

test('a group whose records wait while no process has its role is named, until it processes them', async () => {
  const folder = await tempFolder('group-watch')
  const logger = createLogger('silent', 'test')
  const log = await openEventLog({ product: 'test', folder: `${folder.path}/log`, partitions: 1 }, { logger, clientId: 'test' })
  const counters = openLiveCounters({ product: 'test', redisUrl: undefined, folder: `${folder.path}/counters`, partitions: 1 }, Date.now)
  const metrics = createMetrics()
  const standstill = () => metrics.registry.getSingleMetricAsString('northstar_consumer_standstill_seconds')
  let time = 0
  const watch = createGroupWatch({ log, counters, metrics, logger, now: () => time })
  try {
    await watch.start()
    time += 3_600_000
    expect(await watch.health?.()).toMatchObject({ healthy: true })
    expect(await standstill()).toMatch(/{group="warehouse"} 0$/m)

    await log.append([{ partition: 0, ...encodeTally({}) }])
    expect(await watch.health?.()).toMatchObject({ healthy: true })
    time += 75_000
    const problem = '1 log records wait for the role warehouse, which has processed none for 75 s: check that it runs'
    const found = await watch.health?.()
    expect(found).toMatchObject({ healthy: false, blocking: false, reason: expect.stringContaining(problem) })
    expect(found?.reason).toContain('role counters')
    expect(await standstill()).toMatch(/{group="warehouse"} 75$/m)

    const consumer = await log.consume({
      group: 'warehouse',
      run: async claim => {
        await claim.commit({ offset: 1, metadata: '' })
        await new Promise<void>(resolve => claim.signal.addEventListener('abort', () => resolve()))
      },
    })
    await eventually(async () => !(await watch.health?.())?.reason.includes('warehouse'))
    await consumer.stop()
    expect(await standstill()).toMatch(/{group="warehouse"} 0$/m)
    expect((await watch.health?.())?.reason).toContain('role counters')
  } finally {
    await watch.stop()
    await Promise.all([log.close(), counters.close()])
    await folder.remove()
  }
})
